import {
  diffCatalogs,
  renderDifferences,
  withoutUnnamedPartitions,
  type Catalog,
} from '../catalog/index.ts'
import { failure, MigratorError } from '../errors/index.ts'
import type { Migration } from '../migration.ts'
import { listStatements } from '../plan/progress.ts'
import type { LoadedProject, Project } from '../project/project.ts'
import { run } from '../run/index.ts'
import { findMadeRoles, withoutNewRoles } from '../scratch/made-roles.ts'
import { withScratchDatabase, type WithScratch } from '../scratch/scratch-database.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { readStatements } from '../sql/read-statement.ts'
import { takeSnapshot, type Snapshot, type TableRows } from '../verify/row-snapshot.ts'
import { joinStatements, listening, type SentByCode } from './squash-statements.ts'

/** Lends a server for throw-away databases. */

/** What one migration is to do in the place of several. */
export interface Proved {
  readonly statements: readonly string[]
  /** The schema after it. */
  readonly catalog: Catalog
}

/**
 * Runs the parts on a throw-away database, and on another one their statements as one migration, and holds schema, rows and
 * sequences against each other. The parts run twice: what differs between those two (a time, a random key) proves nothing.
 * Throws SQUASH_DIFFERS, SQUASH_REFUSED.
 */
export async function proveSquash(
  loaded: LoadedProject,
  parts: readonly Migration[],
  withScratch: WithScratch,
): Promise<Proved> {
  const sent: SentByCode = new Map()
  const texts = parts.flatMap(({ up }) => listStatements(up).map(({ sql }) => sql))
  const roles = await findMadeRoles(texts)
  return withScratch(async (server) => {
    const play = (migrations: readonly Migration[]) =>
      withoutNewRoles(server, roles, () =>
        withScratchDatabase(server, (database) => playOn(database, loaded, migrations)),
      )
    const expected = await play(parts.map((part) => listening(part, sent)))
    const again = await play(parts)
    const statements = await joinStatements(parts, sent)
    const found = await play([await toMigration(statements)])
    refuseDifference(expected, again, found)
    const catalog = withoutUnnamedPartitions(found.catalog, JSON.stringify(statements))
    return { statements, catalog }
  })
}

async function toMigration(statements: readonly string[]): Promise<Migration> {
  const read = await Promise.all(statements.map((sql) => readStatements(sql, true)))
  return {
    name: 'squash',
    phase: 'expand',
    transactional: true,
    up: { kind: 'sql', statements: read.flat() },
    down: { kind: 'none', reason: '' },
    requires: [],
    ensures: [],
    downRequires: [],
    checksum: 'squash',
  }
}

/** What there is after these migrations. Throws SQUASH_REFUSED where one does not run. */
async function playOn(
  database: DatabaseTarget,
  loaded: LoadedProject,
  migrations: readonly Migration[],
): Promise<Snapshot> {
  const project: Project = {
    manifestPath: '',
    hasNoManifest: true,
    load: async () => ({
      ...loaded,
      migrations: migrations.map((migration) => ({ migration, file: migration.name, bytes: '' })),
      squashed: [],
      close: async () => {},
    }),
  }
  try {
    await run(project, database, { direction: 'up', target: 'head', drift: 'ignore' })
  } catch (error) {
    if (!(error instanceof MigratorError)) throw error
    const what = migrations.length === 1 ? 'as one migration' : 'one by one'
    throw failure('SQUASH_REFUSED', {
      reason: `${what} they do not run on an empty database: ${error.message}`,
    })
  }
  return withConnection(database, (client) => takeSnapshot(client, loaded.header.ledger))
}

/** Throws SQUASH_DIFFERS. */
function refuseDifference(expected: Snapshot, again: Snapshot, found: Snapshot): void {
  const differences = diffCatalogs(found.catalog, expected.catalog)
  if (differences.length > 0) {
    const names = { here: 'one migration', there: 'its parts' }
    throw failure('SQUASH_DIFFERS', { difference: renderDifferences(differences, names) })
  }
  const [once, twice, squashed] = [expected, again, found].map(byName)
  const tables = [...(once ?? [])].flatMap(([name, table]) => {
    const steady = steadyColumns(table, twice?.get(name))
    const isSame = listRows(table, steady) === listRows(squashed?.get(name), steady)
    return isSame ? [] : [`  rows of ${name}`]
  })
  const sequences = expected.catalog.objects.flatMap(({ kind, identity }) => {
    const [last, other, now] = [expected, again, found].map(
      (one) => one.sequences.get(identity)?.last,
    )
    const isSame = kind !== 'sequence' || now === last || other !== last
    return isSame ? [] : [`  sequence ${identity}`]
  })
  const difference = [...tables, ...sequences].join('\n')
  if (difference !== '') throw failure('SQUASH_DIFFERS', { difference })
}

function byName({ tables }: Snapshot): ReadonlyMap<string, TableRows> {
  return new Map(tables.map((table) => [table.name, table]))
}

/** The places of the columns whose values are the same whenever the parts run. */
function steadyColumns(once: TableRows, twice: TableRows | undefined): number[] {
  return [...once.columns.keys()].filter(
    (place) => listRows(once, [place]) === listRows(twice, [place]),
  )
}

function listRows(table: TableRows | undefined, places: readonly number[]): string {
  const rows = (table?.rows ?? []).map((row) => JSON.stringify(places.map((place) => row[place])))
  return rows.toSorted().join('\n')
}
