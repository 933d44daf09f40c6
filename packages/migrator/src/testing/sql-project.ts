import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Backfill, Body, Check, CodeSession, Migration } from '../migration.ts'
import { hashProject } from '../project/hash.ts'
import type { Project } from '../project/project.ts'
import { checksum, sha256 } from '../sql/checksum.ts'
import { readBackfill } from '../sql/backfill.ts'
import { readStatements } from '../sql/read-statement.ts'

/** A migration in SQL alone; without a `down` it goes back by code, which the journal has no text of. */
export interface SqlMigration {
  readonly up: string | ((session: CodeSession) => Promise<void>)
  /** In place of `up`. */
  readonly backfill?: Backfill
  readonly requires?: readonly Check[]
  readonly ensures?: readonly Check[]
  readonly down?: string
  /** Why there is no `down` at all. */
  readonly noWayBack?: string
  readonly transactional?: boolean
  readonly downRequires?: readonly Check[]
  readonly keepRows?: number
  /** Names of the migrations that it stands for. */
  readonly replaces?: readonly string[]
}

/** A project of migrations in SQL, in the order given, with a manifest in a folder of its own. */
export async function sqlProject(
  migrations: Readonly<Record<string, SqlMigration>>,
): Promise<Project & { drop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'migrator-project-'))
  const all = await Promise.all(Object.entries(migrations).map(migrationOf))
  for (const { name } of all) await writeFile(join(folder, `${name}.ts`), name)
  const project: Project = {
    manifestPath: join(folder, 'migrations.manifest.json'),
    load: async () => ({
      header: { folder: '.', ledger: { table: 'mikro_orm_migrations' } },
      migrations: all.map((migration) => {
        const { name } = migration
        return { migration, file: `${name}.ts`, bytes: sha256(name) }
      }),
      create: async () => [],
      readSnapshot: async () => undefined,
      readEntities: () => [],
      writeSchema: async () => '',
      readReferenceData: async () => [],
      seed: async () => [],
      close: async () => {},
    }),
  }
  await hashProject(project)
  return { ...project, drop: () => rm(folder, { recursive: true }) }
}

async function migrationOf([name, given]: [string, SqlMigration]): Promise<Migration> {
  const {
    up,
    backfill,
    down,
    transactional = true,
    requires = [],
    ensures = [],
    downRequires = [],
    keepRows,
    noWayBack,
    replaces,
  } = given
  const content = {
    phase: 'expand',
    transactional,
    up: await upOf(up, transactional, backfill),
    down: await downOf(down, transactional, noWayBack),
    requires,
    ensures,
    downRequires,
    ...(keepRows !== undefined && { keepRows }),
  } as const
  return {
    name,
    ...content,
    ...(replaces && { replaces: replaces.map((part) => ({ name: part, checksum: '' })) }),
    checksum: checksum([
      backfill ? JSON.stringify(backfill) : String(up),
      down,
      transactional,
      ...(keepRows === undefined ? [] : [keepRows]),
    ]),
  }
}

async function upOf(
  up: SqlMigration['up'],
  transactional: boolean,
  backfill: Backfill | undefined,
): Promise<Body> {
  if (backfill) return { kind: 'sql', statements: [await readBackfill(backfill)] }
  if (typeof up === 'function') return { kind: 'code', run: up }
  return { kind: 'sql', statements: await readStatements(up, transactional) }
}

async function downOf(
  down: string | undefined,
  transactional: boolean,
  reason: string | undefined,
): Promise<Body> {
  if (reason !== undefined) return { kind: 'none', reason }
  if (down === undefined) return { kind: 'code', run: async () => {} }
  return { kind: 'sql', statements: await readStatements(down, transactional) }
}
