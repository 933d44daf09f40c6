import { Client, type QueryResult } from 'pg'
import { sqlState } from '../../session/connect.ts'
import { join, type Deeds } from '../deeds.ts'
import { addLocks, findWork, readHeld, readRelations, type Relation } from '../done.ts'

/** What a statement did, or why PostgreSQL refused it. */
export type Done =
  | { readonly refused: string }
  | { readonly deeds: Deeds; readonly relations: readonly Relation[] }

/** What is there, and how many rows have been read, or how often a table was vacuumed or analyzed, so far. */
export interface State {
  readonly relations: readonly Relation[]
  readonly read: ReadonlyMap<number, number>
}

export async function readState(client: Client, statistics?: string): Promise<State> {
  const relations = await readRelations(client)
  if (statistics === undefined) return { relations, read: new Map() }
  const { rows } = await client.query<Counter>(countersIn(statistics))
  return { relations, read: toMap(rows) }
}

interface Counter {
  readonly oid: number
  readonly read: string
}

function countersIn(statistics: string): string {
  return `select relid::int as oid, seq_tup_read as read from ${statistics}`
}

function toMap(counters: readonly Counter[]): ReadonlyMap<number, number> {
  return new Map(counters.map(({ oid, read }) => [oid, Number(read)]))
}

/** The work on tables that shows in their files and counters. */
export function findDeeds(before: State, after: State): Deeds {
  const deeds = findWork(before.relations, after.relations)
  for (const { oid, name, rows } of before.relations) {
    const read = (after.read.get(oid) ?? 0) - (before.read.get(oid) ?? 0)
    if (rows > 0 && read >= rows) deeds.set(name, join(deeds.get(name), { work: 'scan' }))
  }
  return deeds
}

/** A session that plays statements. Keys are looked up by their indexes there, so that what reads a table whole is no lookup. */
export async function openActor(url: string): Promise<Client & AsyncDisposable> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('set enable_seqscan = off')
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

/** Runs a statement in a transaction that is rolled back. `before` is what was there. */
export async function doInTransaction(client: Client, sql: string, before: State): Promise<Done> {
  try {
    // What the session's earlier transactions have read is in its counters, too.
    const results: unknown = await client.query(`begin; ${countersIn(IN_TRANSACTION)}; ${sql}`)
    const [, { rows: read }] = results as [unknown, QueryResult<Counter>]
    const held = await readHeld(client)
    const after = await readState(client, IN_TRANSACTION)
    const deeds = findDeeds({ relations: before.relations, read: toMap(read) }, after)
    addLocks(deeds, before.relations, held)
    return { deeds, relations: before.relations }
  } catch (error) {
    return { refused: `${sqlState(error)} ${String(error)}` }
  } finally {
    await client.query('rollback')
  }
}

const IN_TRANSACTION = 'pg_stat_xact_user_tables'
