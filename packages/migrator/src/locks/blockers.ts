import type pg from 'pg'
import { maskLiterals } from '../errors/mask-secrets.ts'
import { conflictingModes } from './lock-conflicts.ts'
import type { LockTarget } from './lock-targets.ts'
import { askAgain } from '../session/prepared.ts'

/**
 * Who holds what a run needs, as far as the role may see it. Times in seconds, to the millisecond: whether a
 * transaction is short is decided by them.
 */
export interface Blocker {
  /** Tells one transaction of a session from its next. */
  readonly key: string
  readonly kind: 'session' | 'autovacuum' | 'wraparound' | 'prepared'
  /** Null of a prepared transaction. */
  readonly pid: number | null
  readonly user: string | null
  readonly application: string | null
  readonly state: string | null
  readonly transactionAge: number | null
  /** Since the query began; of a session that is idle, since it became so. */
  readonly stateAge: number | null
  /** The query that runs, or that ran last, without its literals: one line, shortened. Of a prepared transaction its name. */
  readonly query: string | null
}

type Querying = Pick<pg.ClientBase, 'query'>

/**
 * Sessions of this database and prepared transactions that hold a lock which conflicts with a wanted one. It looks
 * once, and waits for nobody.
 */
export async function findHolders(
  client: Querying,
  targets: readonly LockTarget[],
): Promise<Blocker[]> {
  if (targets.length === 0) return []
  const wanted = targets.map(({ oid, mode }) => ({ oid, modes: conflictingModes(mode) }))
  return blockersAmong(client, HOLDERS, [JSON.stringify(wanted)])
}

/** The sessions that block the session `pid` at this moment, as PostgreSQL itself says. */
export async function findBlockers(client: Querying, pid: number): Promise<Blocker[]> {
  return blockersAmong(client, BLOCKING, [pid])
}

/** Sessions with a snapshot from before now: a concurrent build waits for their end. */
export async function snapshotHolders(client: Querying): Promise<Blocker[]> {
  return blockersAmong(client, SNAPSHOTS, [])
}

async function blockersAmong(
  client: Querying,
  source: string,
  values: unknown[],
): Promise<Blocker[]> {
  const { rows } = await askAgain<Blocker>(client, `${source} ${DETAILS}`, values)
  return rows.map((row) =>
    row.kind === 'session' && row.query !== null ? { ...row, query: maskLiterals(row.query) } : row,
  )
}

/** Each `found (pid, key)`; workers count as their leader, of whom there is one row. */
const HOLDERS = `
  with found as (
    select l.pid, l.virtualtransaction as key
      from pg_locks l join jsonb_to_recordset($1::jsonb) as w(oid oid, modes text[])
        on l.relation = w.oid and l.mode = any (w.modes)
     where l.locktype = 'relation' and l.granted and l.pid is distinct from pg_backend_pid()
       and l.database in (0, (select oid from pg_database where datname = current_database()))
  )`

const BLOCKING = `
  with blocking as (select unnest(pg_blocking_pids($1)) as pid),
  waits as (select locktype, relation, transactionid from pg_locks where pid = $1 and not granted),
  found as (
    select b.pid, coalesce((select l.virtualtransaction from pg_locks l
                             where l.pid = b.pid and l.locktype = 'virtualxid' and l.granted limit 1), b.pid::text) as key
      from blocking b where b.pid <> 0
    union all
    select null, l.virtualtransaction from pg_locks l join waits w
        on l.relation = w.relation or l.transactionid = w.transactionid
     where l.pid is null and l.granted and 0 in (select pid from blocking)
  )`

const SNAPSHOTS = `
  with found as (
    select pid, pid || '/' || coalesce(xact_start::text, '') as key from pg_stat_activity
     where backend_xmin is not null and pid <> pg_backend_pid() and datname = current_database()
       and backend_type is distinct from 'autovacuum worker'
  )`

/**
 * What belongs to nobody (usesysid is null) and vacuums is an autovacuum, also for a role that may not see
 * more of it than that. A password in a query stays there.
 */
const DETAILS = `
  select distinct on (coalesce(a.pid::text, found.key)) found.key, a.pid,
         case when p.gid is not null then p.owner else a.usename end as "user",
         case when p.gid is not null then 'prepared'
              when a.query ~ '^autovacuum: .*\\(to prevent wraparound\\)$' then 'wraparound'
              when a.backend_type = 'autovacuum worker' or (a.backend_type is null and a.usesysid is null) then 'autovacuum'
              else 'session' end as kind,
         nullif(a.application_name, '') as application, a.state,
         round(extract(epoch from clock_timestamp() - coalesce(p.prepared, a.xact_start)), 3)::float as "transactionAge",
         round(extract(epoch from clock_timestamp() -
           case when a.state = 'active' then a.query_start else a.state_change end), 3)::float as "stateAge",
         case when a.query ~* 'password' then '(not shown: it speaks of a password)'
              else left(regexp_replace(btrim(coalesce(p.gid, a.query)), '\\s+', ' ', 'g'), 120) end as query
    from found
    left join pg_stat_activity w on w.pid = found.pid
    left join pg_stat_activity a on a.pid = coalesce(w.leader_pid, w.pid)
    left join pg_locks x on found.pid is null and x.pid is null and x.locktype = 'transactionid'
                        and x.virtualtransaction = found.key
    left join pg_prepared_xacts p on p.transaction = x.transactionid and p.database = current_database()
   where a.pid is not null or p.gid is not null
   order by coalesce(a.pid::text, found.key), found.key`
