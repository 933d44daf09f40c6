import { sql } from 'kysely'
import { session, type Database } from '../database.ts'

export type DomainLimits = {
  readonly delaySeconds: { readonly min: number; readonly max: number }
  readonly perDay: number
}

/**
 * Takes the next turn of a domain, and says in how many milliseconds it comes; undefined where the
 * domain has had its turns of today, in UTC. One statement, so that any number of workers get turns of
 * their own; nothing is held while they wait for them.
 */
export async function takeTurn(
  database: Database,
  domain: string,
  { delaySeconds: { min, max }, perDay }: DomainLimits,
): Promise<number | undefined> {
  const delay = min + Math.random() * (max - min)
  const { rows } = await sql<{ wait: number }>`
    insert into rate_limits as known (domain, request_count, last_request, daily_count, daily_reset_at)
    select ${domain}, 1, clock_timestamp(), 1, (now() at time zone 'utc')::date where ${perDay}::int > 0
    on conflict (domain) do update set
      request_count = known.request_count + 1,
      last_request = greatest(clock_timestamp(), known.last_request + make_interval(secs => ${delay})),
      daily_count = case when known.daily_reset_at < excluded.daily_reset_at then 1 else known.daily_count + 1 end,
      daily_reset_at = excluded.daily_reset_at
    where known.daily_reset_at < excluded.daily_reset_at or known.daily_count < ${perDay}
    returning (extract(epoch from last_request - clock_timestamp()) * 1000)::float8 as wait`.execute(
    session(database),
  )
  return rows[0] && Math.max(0, rows[0].wait)
}

/** When the turns of the next day begin. */
export function nextDay(now = new Date()): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1))
}
