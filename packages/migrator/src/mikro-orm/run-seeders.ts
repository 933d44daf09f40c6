import { candidates } from '../project/open.ts'
import type { MikroORM } from '@mikro-orm/core'
import type { Seeder } from '@mikro-orm/seeder'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { failure } from '../errors/index.ts'
import type { CodeSession } from '../migration.ts'
import type { BorrowedClients } from './borrowed-client.ts'

type SeederClass = new () => Seeder

/**
 * Runs the project's default seeder in the session's transaction. A seeder may push lines that tell what
 * it did to `context.report`; they are returned.
 * Throws PROJECT_INVALID where the default seeder is not there.
 */
export async function runSeeders(
  orm: MikroORM,
  folder: string,
  clients: BorrowedClients,
  session: CodeSession,
): Promise<readonly string[]> {
  const { defaultSeeder = 'DatabaseSeeder', seedersList } = orm.config.get('seeder')
  const listed = seedersList?.find((one) => one.name === defaultSeeder)
  const Class = listed
    ? ((typeof listed === 'function' ? listed : listed.class) as SeederClass)
    : await findSeeder(folder, defaultSeeder)
  const report: string[] = []
  await clients.bind(session, true, async () => {
    const em = orm.em.fork()
    await new Class().run(em, { report })
    await em.flush()
  })
  return report
}

async function findSeeder(folder: string, className: string): Promise<SeederClass> {
  for (const file of await candidates(folder)) {
    const exported: Record<string, unknown> = await import(
      pathToFileURL(resolve(folder, file)).href
    )
    const found = exported[className]
    if (typeof found === 'function') return found as SeederClass
  }
  throw failure('PROJECT_INVALID', { reason: `No seeder in ${folder} exports ${className}.` })
}
