import { createTestDatabase } from '@techfacts/postgres/testing'
import { sqlProject, type SqlMigration } from '../../testing/sql-project.ts'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Project } from '../../project/project.ts'
import type { RecordedEntity, RecordedRelease } from '../../releases/recorded-release.ts'
import { recordCatalogs } from '../../scratch/record-catalogs.ts'
import { databaseTarget } from '../../session/database-target.ts'
import { verify } from '../index.ts'
import type { Fault, VerifyReport } from '../report.ts'
import { ROWS, SHOP } from './shop.ts'

/** A migration on the tables of {@link SHOP}, or on those of its own. */
export interface Case extends SqlMigration {
  /** What comes before it, in a migration of its own. */
  readonly given?: string
  /** What it does once its schema is recorded. */
  readonly later?: string
  /** Its data test, as source. */
  readonly test?: string
  /** The release that it is held against. */
  readonly previous?: RecordedRelease
  /** The queries of the build that brings the migration, a line each. */
  readonly queries?: string
  /** The entities of the build that brings the migration. */
  readonly entities?: readonly RecordedEntity[]
}

/** With the fault that names it. */
export type Lie = Case & { readonly fault: Partial<Fault> }

/** Verifies the migration, after one that makes what it needs. */
export async function verifyCase(one: Case): Promise<VerifyReport> {
  await using server = await createTestDatabase()
  const { url } = server
  const { given = '', later, test, previous, entities = [], queries, ...migration } = one
  const base: SqlMigration = {
    up: `${SHOP}; ${given}`,
    down: 'drop table log, review, orders, customer cascade; drop type mood',
  }
  const project = await sqlProject({ Migration1_base: base, Migration2_case: migration })
  try {
    const folder = join(dirname(project.manifestPath), 'tests')
    await mkdir(folder)
    await writeFile(join(folder, 'fixtures.sql'), ROWS)
    if (test !== undefined) await writeFile(join(folder, 'Migration2_case.ts'), test)
    if (queries !== undefined)
      await writeFile(join(dirname(project.manifestPath), 'queries.jsonl'), queries)
    if (later === undefined) await record(url, project)
    else await recordAs(url, project, { base, migration: { ...migration, up: later } })
    const load = async () => ({ ...(await project.load()), readEntities: () => entities })
    return await verify({ ...project, load }, (work) => work(databaseTarget(url)), {
      choice: { which: 'Migration2_case' },
      rows: { seed: 1, rowsPerTable: 5 },
      ...(previous && { previous }),
    })
  } finally {
    await project.drop()
  }
}

async function record(url: string, project: Project): Promise<void> {
  const { stopped } = await recordCatalogs(project, (work) => work(databaseTarget(url)))
  if (stopped) throw new Error(`${stopped.name} does not run: ${stopped.reason}`)
}

/** Records of the project what another one does. */
async function recordAs(
  url: string,
  project: Awaited<ReturnType<typeof sqlProject>>,
  { base, migration }: { readonly base: SqlMigration; readonly migration: SqlMigration },
): Promise<void> {
  const { readCompiled, writeCompiled } = await import('../../compiled/compiled-file.ts')
  const other = await sqlProject({ Migration1_base: base, Migration2_case: migration })
  await record(url, other)
  for (const name of ['Migration1_base', 'Migration2_case']) {
    const there = await readCompiled(dirname(other.manifestPath), name)
    const here = await readCompiled(dirname(project.manifestPath), name)
    if (!there || !here) throw new Error(`${name} is not compiled.`)
    await writeCompiled(dirname(project.manifestPath), name, { ...here, catalog: there.catalog })
  }
  await other.drop()
}
