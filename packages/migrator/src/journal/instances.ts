import type { ClientBase } from 'pg'
import type { DatabaseState } from '../database-state.ts'
import { during } from '../session/during.ts'
import { HEARTBEAT, INSTANCES, LIFE_SECONDS, REVISION } from './names.ts'

/** How many instances of one role are told apart. */
const MOST_INSTANCES = 1000

/**
 * The row of a role's instances that are no longer told apart: it says no revision, so they count as one of an unknown
 * build. It is there from the first instance on, long gone: by it the new instances of a role wait for one another.
 */
const OVERFLOW = '00000000-0000-0000-0000-000000000000'

const LIFE = `interval '${LIFE_SECONDS} seconds'`

/**
 * SQL: true of a heartbeat that is missing, as far as the clock of the server says. Nobody could send one while the server
 * was away: for as long as a sign of life counts after its start, no missing one says anything. One from the future was
 * sent before the clock went back.
 */
const IS_MISSING = `(seen_at < clock_timestamp() - ${LIFE} and (pg_postmaster_start_time() < clock_timestamp() - ${LIFE} or seen_at = '-infinity')
       or seen_at > clock_timestamp() + interval '1 second')`

export const HEARTBEAT_CALL = `${HEARTBEAT}(uuid, text, text)`

/**
 * The table of the running instances, and the one way to write it. A role writes rows of its own alone: `session_user`
 * is who has logged in, whatever SET ROLE says. Where a role has more instances than are told apart, one row more says
 * so, and only what is missing gives way: a clock that has jumped makes all of them look so. It locks no row of another
 * role: whose heartbeat waits, does not show.
 */
export const CREATE_INSTANCES = `
create table if not exists ${INSTANCES} (
  role text not null,
  id uuid not null,
  application text not null,
  host text not null,
  seen_at timestamptz not null,
  primary key (role, id)
);
comment on table ${INSTANCES} is
  'Running instances of services: a contract step waits for those that need the schema before it. Written by ${HEARTBEAT} alone.';
create or replace function ${HEARTBEAT_CALL} returns void language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
declare
  own text := session_user;
begin
  if $1 = '${OVERFLOW}' then
    raise exception 'no instance has this id';
  end if;
  if $2 is null then
    delete from ${INSTANCES} where role = own and id = $1;
    return;
  end if;
  update ${INSTANCES} set application = left($2, 63), host = left($3, 255), seen_at = clock_timestamp()
   where role = own and id = $1;
  if found then return; end if;
  insert into ${INSTANCES} as own_lock values (own, '${OVERFLOW}', 'more instances', '', '-infinity')
  on conflict (role, id) do update set seen_at = own_lock.seen_at;
  if (select count(*) from ${INSTANCES} where role = own and id <> '${OVERFLOW}') >= ${MOST_INSTANCES} then
    update ${INSTANCES} set host = left($3, 255), seen_at = clock_timestamp() where role = own and id = '${OVERFLOW}';
    delete from ${INSTANCES} where (role, id) in (
      select role, id from ${INSTANCES}
       where role = own and id <> '${OVERFLOW}' and ${IS_MISSING}
         for update skip locked);
    if not found then return; end if;
  end if;
  insert into ${INSTANCES} values (own, $1, left($2, 63), left($3, 255), clock_timestamp())
  on conflict (role, id) do update set seen_at = excluded.seen_at;
end $$;
revoke all on function ${HEARTBEAT_CALL} from public;
`

/** A service at work, as far as it has shown itself. */
export interface Instance {
  /** `orders/1f0c5a7d93be`: its name and its revision, which another program may also have made up. */
  readonly application: string
  /** Empty where it has none: too many instances are at work to tell them apart. */
  readonly revision: string
  /** The address of its session, or what its heartbeat calls its host. */
  readonly host: string
  /** Behind a pooler a session does not tell who is there; its heartbeat does. */
  readonly by: 'session' | 'heartbeat'
  /** The last sign of life, in UTC. */
  readonly lastSeen: string
}

/** An instance whose heartbeats are missing, by the clock of the server alone. */
export interface MissingInstance extends Instance {
  /** Which heartbeats were its last ones. */
  readonly beats: readonly string[]
}

/** Who has shown itself, and of whom that cannot be said. */
export interface Instances {
  readonly present: readonly Instance[]
  readonly missing: readonly MissingInstance[]
}

/**
 * Who is at work on the database: sessions whose application_name carries a revision, which every role may see, and
 * heartbeats. An instance that has both is told by its heartbeat; the heartbeat of another role hides no session. A journal before format 6 has no heartbeats.
 */
export async function readInstances(
  client: ClientBase,
  { format }: Pick<DatabaseState['exists'], 'format'>,
): Promise<Instances> {
  // A transaction, such as a caller's, keeps the sessions that it has seen first. Both in one message.
  const texts = ['select pg_catalog.pg_stat_clear_snapshot()', instancesQuery(format)]
  const results = await during(
    { doing: 'reading which instances run', bookkeeping: INSTANCES },
    async () => [await client.query<FoundInstance>(texts.join(';\n'))].flat(),
  )
  const found = results.at(-1)?.rows ?? []
  return {
    present: found.filter(({ isMissing }) => !isMissing).map(toInstance),
    missing: found
      .filter(({ isMissing }) => isMissing)
      .map((one) => ({ ...toInstance(one), beats: one.beats })),
  }
}

/** Removes instances that are gone, unless they have shown themselves since. */
export async function forgetInstances(
  client: ClientBase,
  gone: readonly MissingInstance[],
): Promise<void> {
  const beats = gone.flatMap((one) => one.beats)
  await client.query(`delete from ${INSTANCES} where ${BEAT} = any($1::text[])`, [beats])
}

interface FoundInstance extends MissingInstance {
  readonly isMissing: boolean
}

const toInstance = ({ application, revision, host, by, lastSeen }: Instance): Instance => ({
  application,
  revision,
  host,
  by,
  lastSeen,
})

/** SQL: another one with each heartbeat. */
const BEAT = `(extract(epoch from seen_at)::text || ' ' || id::text || ' ' || role)`

function instancesQuery(format: number): string {
  const heartbeats =
    format < HEARTBEATS_SINCE
      ? ''
      : `union all select role, application, host, seen_at, 'heartbeat', ${IS_MISSING}, ${BEAT} from ${INSTANCES} where seen_at > '-infinity'`
  return `with sign as (
       select usename::text as role, application_name as application, coalesce(host(client_addr), 'unknown') as host, clock_timestamp() as at, 'session' as by, false as missing, null as beat
         from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and application_name ~ '${REVISION}' ${heartbeats}
     )
     select application, coalesce(substring(application from '${REVISION}'), '') as revision, host, by, to_char(max(at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') as "lastSeen",
            missing as "isMissing", array_agg(beat order by beat) as beats
       from sign
      where by = 'heartbeat' or not exists (select from sign as other where other.by = 'heartbeat' and not other.missing and other.role = sign.role and other.application = sign.application)
      group by application, host, by, missing order by application, host, missing`
}

const HEARTBEATS_SINCE = 6
