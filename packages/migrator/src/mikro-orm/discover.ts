import { messageFrom } from '../errors/message-from.ts'
import { candidates, hashFile, isCandidate } from '../project/open.ts'
import type { MikroORM } from '@mikro-orm/core'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { failure } from '../errors/index.ts'
import type { MigrationClass } from './read-migration.ts'
import { opened } from './stock-migrator.ts'
import { explainImport } from './ts-loader.ts'

export interface DiscoveredMigration {
  readonly name: string
  /** Absent where the migration is listed in code. */
  readonly path?: string
  readonly Class: MigrationClass
}

/**
 * Finds what MikroORM would run, under the names that it would write into its ledger: those of
 * `migrationsList`, or the files that its glob matches, less declarations and tests; only those with the `names` are
 * imported.
 * Throws NOT_A_MIGRATION, MIGRATION_UNREADABLE.
 */
export async function discoverMigrations(
  orm: MikroORM,
  names?: readonly string[],
): Promise<DiscoveredMigration[]> {
  const { migrationsList } = orm.config.get('migrations')
  const found = await opened(orm.migrator).discoverMigrations()
  const isWanted = ({ name }: { readonly name: string }) => names?.includes(name) ?? true
  if (migrationsList) {
    const listed = migrationsList.map((entry, position) => ({
      name: found[position]?.name ?? '',
      Class: (typeof entry === 'function' ? entry : entry.class) as MigrationClass,
    }))
    return listed.filter(isWanted)
  }
  const files = found.flatMap(({ name, path }) =>
    path && isCandidate(basename(path)) ? [{ name, path }] : [],
  )
  const wanted = files.filter(isWanted)
  return Promise.all(wanted.map(async (file) => ({ ...file, Class: await importClass(file.path) })))
}

/** As MikroORM has it: other extensions than these are a part of the name. */
export function nameInLedger(file: string): string {
  return file.replace(/\.[jt]s$/, '')
}

/** The same of a folder that MikroORM does not look into. Throws NOT_A_MIGRATION, MIGRATION_UNREADABLE. */
export async function discoverSquashed(
  folder: string,
  names?: readonly string[],
): Promise<DiscoveredMigration[]> {
  const files = (await candidates(folder)).map((file) => ({
    name: nameInLedger(file),
    path: join(folder, file),
  }))
  const wanted = files.filter(({ name }) => names?.includes(name) ?? true)
  return Promise.all(wanted.map(async (file) => ({ ...file, Class: await importClass(file.path) })))
}

async function importClass(path: string): Promise<MigrationClass> {
  const file = basename(path)
  let exported: Record<string, unknown>
  try {
    exported = await importModule(await moduleUrl(path))
  } catch (error) {
    if (await isUtf16(path)) {
      const reason = 'it is encoded in UTF-16'
      throw failure('MIGRATION_UNREADABLE', { file, reason, advice: 'Save it as UTF-8.' }, error)
    }
    const unreadable = explainImport(path, error)
    if (unreadable) throw unreadable
    const [first = ''] = messageFrom(error).split('\n')
    const reason = `it cannot be imported (${first})`
    const advice = 'Correct it, or install what it imports.'
    throw failure('MIGRATION_UNREADABLE', { file, reason, advice }, error)
  }
  return findClass(exported, file)
}

/** The first class with an `up` that a module exports. Throws NOT_A_MIGRATION. */
export function findClass(
  exported: Readonly<Record<string, unknown>>,
  file: string,
): MigrationClass {
  // A module of CommonJS is imported as the default export of another.
  const inner: unknown = exported['default']
  const Class = [exported, inner]
    .flatMap((from) => (typeof from === 'object' && from !== null ? Object.values(from) : []))
    .find(isMigrationClass)
  if (Class) return Class
  throw failure('NOT_A_MIGRATION', { file, reason: 'it exports no class with an up method' })
}

/** By its byte order mark. */
async function isUtf16(path: string): Promise<boolean> {
  const mark = (await readFile(path)).subarray(0, 2).toString('hex')
  return mark === 'fffe' || mark === 'feff'
}

/** What each file held when this process first imported it. */
const imported = new Map<string, string>()

/** Node imports a URL once; a file that has changed since, as in a long-lived process, needs another one. */
export async function moduleUrl(path: string): Promise<string> {
  const bytes = await hashFile(path)
  const first = imported.get(path) ?? bytes
  imported.set(path, first)
  const { href } = pathToFileURL(path)
  return first === bytes ? href : `${href}?sha256=${bytes}`
}

type Import = (url: string) => Promise<Record<string, unknown>>

/** As MikroORM does: a project of CommonJS may have its own way to import TypeScript. */
export function importModule(url: string): ReturnType<Import> {
  const { dynamicImportProvider } = globalThis as { dynamicImportProvider?: Import }
  return dynamicImportProvider ? dynamicImportProvider(url) : import(url)
}

function isMigrationClass(value: unknown): value is MigrationClass {
  return typeof value === 'function' && typeof value.prototype?.up === 'function'
}
