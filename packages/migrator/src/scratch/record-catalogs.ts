import {
  makeDelta,
  withoutUnnamedPartitions,
  type Catalog,
  type CatalogDelta,
} from '../catalog/index.ts'
import { readCompiled, writeCompiled } from '../compiled/compiled-file.ts'
import { readApplicationCatalog } from '../drift/application-catalog.ts'
import type { LedgerName } from '../database-state.ts'
import { MigratorError } from '../errors/index.ts'
import { findPostgresError } from '../errors/postgres-error.ts'
import { catalogsAfter } from '../project/catalog-after.ts'
import { compiledFolder, readEntry } from '../project/compiled-project.ts'
import type { Manifest } from '../project/manifest.ts'
import { openProject } from '../project/open.ts'
import type { Project } from '../project/project.ts'
import { run } from '../run/index.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { findMadeRoles, withoutNewRoles } from './made-roles.ts'
import { withScratchDatabase, type WithScratch } from './scratch-database.ts'

export interface RecordedCatalogs {
  /** Migrations whose change of the schema was recorded now. */
  readonly recorded: readonly string[]
  /** The first migration that does not run on an empty database, so that nothing is recorded of it. */
  readonly stopped?: { readonly name: string; readonly reason: string }
}

/**
 * Runs the migrations on a throw-away database, and records in their compiled files what each changes in the schema:
 * from the first one on of which that is not known. Where all is known, `withScratch` is not called.
 * Throws what connecting throws.
 */
export async function recordCatalogs(
  project: Project,
  withScratch: WithScratch,
): Promise<RecordedCatalogs> {
  const { manifest } = await openProject(project)
  const known = await catalogsAfter(project)
  const recorded: string[] = []
  if (known.size === manifest.migrations.length) return { recorded }
  const folder = compiledFolder(project, manifest)
  const statements = await readStatements(folder, manifest)
  const text = JSON.stringify(statements)
  let before = [...known.values()].at(-1) ?? NOTHING
  const recordOne = async (name: string, database: DatabaseTarget) => {
    if (known.has(name)) return
    const after = withoutUnnamedPartitions(await readCatalogAt(database, manifest.ledger), text)
    await record(folder, name, makeDelta(before, after))
    recorded.push(name)
    before = after
  }
  const roles = await findMadeRoles(statements)
  const stopped = await withScratch((scratch) =>
    withoutNewRoles(scratch, roles, () =>
      withScratchDatabase(scratch, (database) =>
        runEach(project, database, (name) => recordOne(name, database)),
      ),
    ),
  )
  return { recorded, ...(stopped && { stopped }) }
}

const NOTHING: Catalog = { objects: [] }

/** Runs all migrations, and calls `applied` between them; returns the one at which they stop. */
async function runEach(
  project: Project,
  database: DatabaseTarget,
  applied: (name: string) => Promise<void>,
): Promise<RecordedCatalogs['stopped']> {
  let last: string | undefined
  // What the last one has changed is committed by now. One that is begun again has lost its connection.
  const beforeEach = async (next: string) => {
    if (last !== undefined && last !== next) await applied(last)
    last = next
  }
  try {
    await run(project, database, { direction: 'up', target: 'head', beforeEach })
    if (last !== undefined) await applied(last)
    return undefined
  } catch (error) {
    if (!(error instanceof MigratorError)) throw error
    const { hint } = findPostgresError(error) ?? {}
    const reason = [error.message, ...(hint === undefined ? [] : [`${hint}.`])].join(' ')
    return { name: last ?? '', reason }
  }
}

/** All statements of a project. */
async function readStatements(folder: string, { migrations }: Manifest): Promise<string[]> {
  const all = await Promise.all(migrations.map((entry) => readEntry(folder, entry)))
  return all.flatMap((compiled) => {
    const up = compiled?.migration.up ?? 'code'
    return typeof up === 'string' || 'none' in up ? [] : up.map(({ sql }) => sql)
  })
}

function readCatalogAt(database: DatabaseTarget, ledger: LedgerName): Promise<Catalog> {
  return withConnection(database, (client) => readApplicationCatalog(client, ledger))
}

async function record(folder: string, name: string, catalog: CatalogDelta): Promise<void> {
  const compiled = await readCompiled(folder, name)
  if (compiled) await writeCompiled(folder, name, { ...compiled, catalog })
}
