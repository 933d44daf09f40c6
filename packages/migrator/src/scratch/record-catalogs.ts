import {
  deltaOf,
  withoutUnnamedPartitions,
  type Catalog,
  type CatalogDelta,
} from '../catalog/index.ts'
import { readCompiled, writeCompiled } from '../compiled/compiled-file.ts'
import { readApplicationCatalog } from '../drift/application-catalog.ts'
import type { LedgerName } from '../database-state.ts'
import { MigratorError } from '../errors/index.ts'
import { catalogsAfter } from '../project/catalog-after.ts'
import { compiledFolder } from '../project/compiled-project.ts'
import type { Manifest } from '../project/manifest.ts'
import { openProject } from '../project/open.ts'
import type { Project } from '../project/project.ts'
import { run } from '../run/index.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { withScratchDatabase } from './scratch-database.ts'

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
  withScratch: (work: (scratch: DatabaseTarget) => Promise<void>) => Promise<void>,
): Promise<RecordedCatalogs> {
  const { manifest } = await openProject(project)
  const known = await catalogsAfter(project)
  const folder = compiledFolder(project, manifest)
  const recorded: string[] = []
  let stopped: RecordedCatalogs['stopped']
  if (known.size === manifest.migrations.length) return { recorded }
  await withScratch((scratch) =>
    withScratchDatabase(scratch, async (database) => {
      const text = await textOf(folder, manifest)
      let before: Catalog = { objects: [] }
      let name = ''
      const recordLast = async () => {
        if (name === '') return
        const after =
          known.get(name) ??
          withoutUnnamedPartitions(await catalogOf(database, manifest.ledger), text)
        if (!known.has(name)) {
          await record(folder, name, deltaOf(before, after))
          recorded.push(name)
        }
        before = after
      }
      try {
        await run(project, database, {
          direction: 'up',
          target: 'head',
          // What the one before has changed is committed by now.
          beforeEach: async (next) => {
            if (next === name) return // begun again, since its connection was lost
            await recordLast()
            name = next
          },
        })
        await recordLast()
      } catch (error) {
        if (!(error instanceof MigratorError)) throw error
        stopped = { name, reason: error.message }
      }
    }),
  )
  return { recorded, ...(stopped && { stopped }) }
}

/** All statements of a project. */
async function textOf(folder: string, { migrations }: Manifest): Promise<string> {
  const all = await Promise.all(migrations.map(({ name }) => readCompiled(folder, name)))
  return JSON.stringify(all.map((compiled) => compiled?.migration.up))
}

function catalogOf(database: DatabaseTarget, ledger: LedgerName): Promise<Catalog> {
  return withConnection(database, (client) => readApplicationCatalog(client, ledger))
}

async function record(folder: string, name: string, catalog: CatalogDelta): Promise<void> {
  const compiled = await readCompiled(folder, name)
  if (compiled) await writeCompiled(folder, name, { ...compiled, catalog })
}
