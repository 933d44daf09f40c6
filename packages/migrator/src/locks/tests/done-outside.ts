import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import type { LockMode } from '../../migration.ts'
import { sqlState } from '../../session/connect.ts'
import { join, toLockMode, type Deeds } from '../deeds.ts'
import type { Relation } from '../done.ts'
import { findDeeds, openActor, readState, type Done } from './done.ts'

/** Lends a database in which the statement has not run yet. */
export type WithDatabase = <T>(work: (url: string) => Promise<T>) => Promise<T>

/** Holding one of these makes whoever wants a mode from the other column wait: strongest first. */
const HELD: readonly LockMode[] = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
]

/**
 * Runs a statement that PostgreSQL refuses in a transaction. Its locks are gone with it, so it meets, for each table, a
 * session that holds the table in a weak mode, then in a stronger one, until it waits: pg_locks says for what.
 */
export async function doOutside(
  sql: string,
  named: readonly string[],
  withDatabase: WithDatabase,
): Promise<Done> {
  const { deeds, relations, refused } = await withDatabase((url) => runAlone(url, sql))
  if (refused !== undefined) return { refused }
  const tables = relations.filter(({ kind }) => kind === 'r' || kind === 'p')
  const isNamed = ({ name }: Relation) => named.includes(name)
  const groups = [
    ...tables.filter(isNamed).map((table) => ({ held: [table], modes: HELD })),
    { held: tables.filter((table) => !isNamed(table)), modes: HELD.slice(-1) },
  ]
  for (const { held, modes } of groups) {
    for (const mode of modes) {
      const wanted = await withDatabase((url) => meet(url, sql, held, mode))
      if (!wanted) continue
      deeds.set(wanted.name, join(deeds.get(wanted.name), { mode: wanted.mode }))
      break
    }
  }
  // An index or a materialized view cannot be held so.
  return { deeds, relations: tables }
}

interface Run {
  readonly deeds: Deeds
  readonly relations: readonly Relation[]
  readonly refused?: string
}

async function runAlone(url: string, sql: string): Promise<Run> {
  await using client = await openActor(url)
  const before = await readState(client, COUNTERS)
  try {
    await client.query(sql)
  } catch (error) {
    const refused = `${sqlState(error)} ${String(error)}`
    return { deeds: new Map(), relations: before.relations, refused }
  }
  await client.query('select pg_stat_force_next_flush()')
  const after = await readState(client, COUNTERS)
  return { deeds: findDeeds(before, after), relations: before.relations }
}

/** Vacuum and analyze count how often they were at work, not what they read. */
const COUNTERS = `(select relid, seq_tup_read + 1000000 * (vacuum_count + analyze_count) as seq_tup_read
                     from pg_stat_user_tables) counters`

/** What the statement waits for while another session holds these tables; undefined where it does not wait for a table. */
async function meet(url: string, sql: string, held: readonly Relation[], mode: LockMode) {
  await using holder = await openActor(url)
  await using client = await openActor(url)
  await using observer = await openActor(url)
  const tables = held.map(({ name }) => `only ${name}`).join(', ')
  await holder.query(`begin; lock table ${tables} in ${mode} mode`)
  const [pid, holdersPid] = await Promise.all([client, holder].map(readPid))
  const running = client.query(sql).then(
    () => 'done' as const,
    () => 'done' as const,
  )
  let wait: Wait | undefined
  while (!wait && (await Promise.race([running, sleep(5)])) !== 'done') {
    const { rows: waits } = await observer.query<Wait>(WAITS, [pid, holdersPid])
    wait = waits[0]
  }
  await observer.query('select pg_cancel_backend($1)', [pid])
  await running
  await holder.query('rollback')
  const wanted = wait?.name == null ? undefined : toLockMode(wait.mode)
  return wanted && { name: wait?.name ?? '', mode: wanted }
}

interface Wait {
  readonly mode: string
  /** Null where it waits for the end of a transaction, as CONCURRENTLY does. */
  readonly name: string | null
}

/** CONCURRENTLY waits for everybody's snapshots, the observer's too. */
const WAITS = `select mode, case when locktype = 'relation' then relation::regclass::text end as name
                 from pg_locks where pid = $1 and not granted and $2 = any (pg_blocking_pids($1))`

async function readPid(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]?.pid ?? 0
}
