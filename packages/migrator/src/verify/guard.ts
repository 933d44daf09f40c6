import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { rank, type Deeds } from '../locks/deeds.ts'
import type { Held, Relation } from '../locks/done.ts'
import type { LockMode } from '../migration.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'

/*
 * What a statement locks outside of a transaction is gone with its own transactions. So another session holds each table in
 * the weakest mode that lets pass what is said and nothing stronger: whoever wants more waits, and pg_locks says for what. Then
 * the table is let go. Where the statement waits for the end of other transactions, as CONCURRENTLY does, all are let go, and
 * taken again: what it locks in the instant between the two is not seen.
 */

/** Holds tables against a session until it is ended. */
export interface Guard {
  /** What the session wanted beyond what it had said. */
  end(): Promise<readonly Held[]>
}

/** Returns once it holds the tables, against the session that is about to run a statement. */
export async function beginGuard(
  database: DatabaseTarget,
  client: Client,
  said: Deeds,
  relations: readonly Relation[],
): Promise<Guard> {
  const tables = relations.flatMap(({ oid, name, kind }): HeldTable[] => {
    const mode = kind === 'r' || kind === 'p' ? findGuard(said.get(name)?.mode) : undefined
    return mode ? [{ oid, mode }] : []
  })
  const pid = await readPid(client)
  const wanted: Held[] = []
  const rest = { isOver: false }
  const { promise: ready, resolve: begun } = Promise.withResolvers<void>()
  const holding = withConnection(database, (holder) =>
    withConnection(database, (observer) =>
      hold({ holder, observer, pid, tables, wanted, rest, begun }),
    ),
  )
  await Promise.race([ready, holding])
  return {
    end: async () => {
      rest.isOver = true
      await holding
      return wanted
    },
  }
}

interface HeldTable {
  readonly oid: number
  readonly mode: LockMode
}

/** Holding the mode makes whoever wants more than the other wait. */
function findGuard(said: LockMode | undefined): LockMode | undefined {
  if (rank(said) < rank('SHARE UPDATE EXCLUSIVE')) return 'SHARE UPDATE EXCLUSIVE'
  if (said === 'SHARE UPDATE EXCLUSIVE') return 'ROW EXCLUSIVE'
  if (said === 'SHARE' || said === 'SHARE ROW EXCLUSIVE') return 'ROW SHARE'
  return said === 'EXCLUSIVE' ? 'ACCESS SHARE' : undefined
}

interface Holding {
  readonly holder: Client
  readonly observer: Client
  readonly pid: number
  readonly tables: readonly HeldTable[]
  readonly wanted: Held[]
  readonly rest: { readonly isOver: boolean }
  readonly begun: () => void
}

async function hold(holding: Holding): Promise<void> {
  const { holder, observer, pid, wanted, rest, begun } = holding
  const own = await readPid(holder)
  let left = holding.tables
  await holder.query('begin')
  await lockAll(holder, left, '')
  begun()
  while (!rest.isOver) {
    const waits = (await observer.query<Wait>(WAITS, [pid, own])).rows
    if (waits.length > 0) {
      const wants = waits.flatMap(({ oid, mode }) => (oid === null ? [] : [{ oid, mode }]))
      wanted.push(...wants)
      left = left.filter(({ oid }) => !wants.some((want) => want.oid === oid))
      await holder.query('rollback; begin')
      await lockAll(holder, left, 'nowait')
    }
    await sleep(POLL_MS)
  }
  await holder.query('rollback')
}

/** Below the lock timeout of a statement that is tried again. */
const POLL_MS = 2

interface Wait {
  readonly mode: string
  /** Null where it waits for the end of a transaction. */
  readonly oid: number | null
}

const WAITS = `select mode, case when locktype = 'relation' then relation::int end as oid
                 from pg_locks where pid = $1 and not granted and $2 = any (pg_blocking_pids($1))`

/** `nowait`: what the session holds by now is left to it. */
async function lockAll(
  holder: Client,
  tables: readonly HeldTable[],
  how: '' | 'nowait',
): Promise<void> {
  const each = tables.map(({ oid, mode }) => `(${oid}, '${mode}')`).join(', ')
  if (each === '') return
  await holder.query(`do $guard$ declare one record; begin
    for one in select c.oid::regclass as name, held.mode from (values ${each}) held (oid, mode) join pg_class c using (oid) loop
      begin execute format('lock table only %s in %s mode ${how}', one.name, one.mode);
      exception when lock_not_available then null; end;
    end loop; end $guard$`)
}

async function readPid(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]?.pid ?? 0
}
