import { sql } from 'kysely'
import { session, type Database } from '../database.ts'

export type DomainLimits = {
  readonly delaySeconds: { readonly min: number; readonly max: number }
  readonly perDay: number
}

/** What became of the wish for a turn. */
export type Turn =
  | { readonly is: 'taken' }
  /** The domain has had its turns of today. */
  | { readonly is: 'tomorrow' }
  /** Another one had its turn too short a time ago. */
  | { readonly is: 'later'; readonly millisecondsAgo: number }

/**
 * Takes the turn of a domain for one request, unless the last one was less than the least delay ago or the domain has had
 * its turns of today, in UTC. One statement, so that any number of workers are apart; nothing is held, and nothing is
 * kept for those who come too early.
 */
export async function takeTurn(
  database: Database,
  domain: string,
  { delaySeconds: { min }, perDay }: DomainLimits,
): Promise<Turn> {
  // What it says of a turn that was not taken is from before the statement: another one may have taken it meanwhile.
  const { rows } = await sql<{ isTaken: boolean; isFull: boolean; millisecondsAgo: number }>`
    with taken as (
      insert into rate_limits as known (domain, request_count, last_request, daily_count, daily_reset_at)
      select ${domain}, 1, clock_timestamp(), 1, (now() at time zone 'utc')::date where ${perDay}::int > 0
      on conflict (domain) do update set
        request_count = known.request_count + 1,
        last_request = clock_timestamp(),
        daily_count = case when known.daily_reset_at < excluded.daily_reset_at then 1 else known.daily_count + 1 end,
        daily_reset_at = excluded.daily_reset_at
      where (known.daily_reset_at < excluded.daily_reset_at or known.daily_count < ${perDay})
        and coalesce(known.last_request, '-infinity') <= clock_timestamp() - make_interval(secs => ${min})
      returning 1
    ), before as (
      select last_request, daily_reset_at >= (now() at time zone 'utc')::date and daily_count >= ${perDay} as is_full
      from rate_limits where domain = ${domain}
    )
    select exists (select from taken) as "isTaken",
      coalesce((select is_full from before), ${perDay}::int <= 0) as "isFull",
      coalesce((select extract(epoch from clock_timestamp() - last_request) * 1000 from before), 0)::float8
        as "millisecondsAgo"`.execute(session(database))
  const [turn] = rows
  if (turn?.isTaken) return { is: 'taken' }
  return !turn || turn.isFull
    ? { is: 'tomorrow' }
    : { is: 'later', millisecondsAgo: turn.millisecondsAgo }
}

/** When the turns of the next day begin. */
export function nextDay(now = new Date()): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1))
}
