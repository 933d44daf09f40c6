import type pg from 'pg'
import type { Statement } from '../migration.ts'
import type { CountedTaking } from './count.ts'
import { dropKeeping, type Departing } from './move.ts'
import { tooLarge } from './obstacles.ts'
import { loseOrRefuse, record, type Keeping } from './record.ts'
import { releaseTypes } from './release.ts'
import { nextEntryId } from './schema.ts'
import { readSequences } from './sequences.ts'
import type { StoredTable } from './tables.ts'
import type { Taking } from './takings.ts'

interface TablesDropped {
  readonly statement: Statement
  /** Those with rows. */
  readonly tables: readonly CountedTaking[]
  /** All that the statement takes. */
  readonly takings: readonly Taking[]
  readonly keeping: Keeping
  /** Runs the statement as it is; returns how many rows it met. */
  readonly run: () => Promise<number>
}

/**
 * Runs a statement that drops tables, and keeps those with rows; returns how many rows it met.
 * Throws NOT_KEPT.
 */
export async function keepTables(client: pg.ClientBase, dropped: TablesDropped): Promise<number> {
  const { statement, tables, keeping } = dropped
  const kept: Departing[] = []
  for (const { taking } of tables) {
    const relation = `e${await nextEntryId(client)}`
    kept.push({ table: taking.table, relation })
  }
  const sequences = await Promise.all(
    tables.map(async ({ taking }) => readSequences(client, taking.table.oid)),
  )
  let met = 0
  const run = async () => {
    // What was moved or copied has the types of its table, which may be about to go.
    await releaseTypes(client, statement)
    met = await dropped.run()
  }
  const runRest = isDropTable(statement) ? () => dropRest(client, dropped) : run
  const mayCopy = (table: StoredTable) => mayBeCopied(client, table, dropped)
  const relations = await dropKeeping(client, { kept, run, runRest, mayCopy })
  for (const [i, { counts, taking }] of tables.entries()) {
    const [relation, ...parts] = relations[i] ?? []
    if (relation === undefined) continue
    const rows = counts.reduce((sum, { count }) => sum + count, 0)
    await record(client, keeping, taking, {
      id: relation.slice(1),
      rows,
      sequences: sequences[i] ?? {},
      relations: [relation, ...parts],
    })
  }
  return met
}

/** False where it is too large, and may be lost. Throws NOT_KEPT. */
async function mayBeCopied(
  client: pg.ClientBase,
  { oid, bytes }: StoredTable,
  { tables, keeping }: TablesDropped,
): Promise<boolean> {
  const counted = tables.find(({ taking }) => taking.table.oid === oid)
  if (!counted || bytes <= keeping.limit) return true
  const obstacle = `it cannot be moved, ${tooLarge(bytes, keeping.limit)}`
  await loseOrRefuse(client, counted, obstacle, keeping)
  return false
}

function isDropTable({ drops }: Statement): boolean {
  return drops.every((drop) => drop.what === 'objects' && drop.kind === 'table')
}

/** The tables without rows, which went nowhere. */
async function dropRest(client: pg.ClientBase, { takings, tables }: TablesDropped): Promise<void> {
  const moved = new Set(tables.map(({ taking }) => taking.table.oid))
  const rest = takings.filter(({ kind, table }) => kind === 'table' && !moved.has(table.oid))
  for (const { table } of rest) await client.query(`drop table if exists ${table.sql} cascade`)
}
