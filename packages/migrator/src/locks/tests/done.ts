import { Client, type QueryResult } from 'pg'
import { sqlState } from '../../session/connect.ts'
import type { Deeds } from '../deeds.ts'
import {
  addLocks,
  countersIn,
  findWork,
  readHeld,
  readState,
  toMap,
  type Counter,
  type Relation,
  type State,
} from '../done.ts'

/** What a statement did, or why PostgreSQL refused it. */
export type Done =
  | { readonly refused: string }
  | { readonly deeds: Deeds; readonly relations: readonly Relation[] }

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
    const deeds = findWork({ relations: before.relations, read: toMap(read) }, after)
    addLocks(deeds, before.relations, held)
    return { deeds, relations: before.relations }
  } catch (error) {
    return { refused: `${sqlState(error)} ${String(error)}` }
  } finally {
    await client.query('rollback')
  }
}

const IN_TRANSACTION = 'pg_stat_xact_user_tables'
