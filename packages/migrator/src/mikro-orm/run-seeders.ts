import { candidates } from '../project/open.ts'
import type { MikroORM } from '@mikro-orm/core'
import type { Seeder } from '@mikro-orm/seeder'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { failure } from '../errors/index.ts'
import type { CodeSession } from '../migration.ts'
import type { BorrowedClients } from './borrowed-client.ts'
import type { LoadedProject } from '../project/project.ts'
import { readReferenceData } from './read-reference-data.ts'
import { isReferenceData, type ReferenceData } from './reference-data.ts'

type SeederClass = new () => Seeder

/** What the files of the seeders export, by name, in their order. */
export type SeederExports = readonly (readonly [string, unknown])[]

/** What a project seeds. Files are imported where something of them is needed, unless a bundler has put them together. */
export function readSeeders(
  orm: MikroORM,
  folder: string,
  clients: BorrowedClients,
  bundled: SeederExports | undefined,
): Pick<LoadedProject, 'readReferenceData' | 'seed'> {
  let read: Promise<SeederExports> | undefined
  const exports = () => (read ??= bundled ? Promise.resolve(bundled) : readExports(folder))
  return {
    readReferenceData: async () =>
      findReferenceData(await exports()).map((data) => readReferenceData(orm, data)),
    seed: async (session) =>
      runSeeders(orm, folder, clients, { session, exports: await exports() }),
  }
}

async function readExports(folder: string): Promise<SeederExports> {
  const exports: (readonly [string, unknown])[] = []
  for (const file of await candidates(folder)) {
    const exported: Record<string, unknown> = await import(
      pathToFileURL(resolve(folder, file)).href
    )
    exports.push(...Object.entries(exported))
  }
  return exports
}

/** Each once, in the order of the files. */
function findReferenceData(exports: SeederExports): readonly ReferenceData[] {
  return [...new Set(exports.map(([, value]) => value).filter(isReferenceData))]
}

/**
 * Runs the project's default seeder in the session's transaction. A seeder may push lines that tell what
 * it did to `context.report`; they are returned. Without a default seeder there is nothing to run where the files have
 * reference data.
 * Throws PROJECT_INVALID where neither is there.
 */
async function runSeeders(
  orm: MikroORM,
  folder: string,
  clients: BorrowedClients,
  { session, exports }: { readonly session: CodeSession; readonly exports: SeederExports },
): Promise<readonly string[]> {
  const { defaultSeeder = 'DatabaseSeeder', seedersList } = orm.config.get('seeder')
  const listed = seedersList?.find((one) => one.name === defaultSeeder)
  const Class = listed
    ? ((typeof listed === 'function' ? listed : listed.class) as SeederClass)
    : exports.find(isSeederOf(defaultSeeder))?.[1]
  if (!Class && findReferenceData(exports).length > 0) return []
  if (!Class) {
    const reason = `No seeder in ${folder} exports ${defaultSeeder}.`
    throw failure('PROJECT_INVALID', { reason })
  }
  const report: string[] = []
  await clients.bind(session, true, async () => {
    const em = orm.em.fork()
    await new Class().run(em, { report })
    await em.flush()
  })
  return report
}

function isSeederOf(className: string) {
  return (exported: readonly [string, unknown]): exported is readonly [string, SeederClass] =>
    exported[0] === className && typeof exported[1] === 'function'
}
