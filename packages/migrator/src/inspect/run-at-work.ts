import type pg from 'pg'
import type { DatabaseState } from '../database-state.ts'
import { journalIn } from '../journal/former-words.ts'
import { lockHolder } from '../session/session.ts'

/** The run that holds the migration lock at the moment. */
export interface RunAtWork {
  readonly pid: number
  readonly application: string
  /** When it connected. */
  readonly since: string
  /** What it said of itself in its last entry of the journal; absent where it has written none yet. */
  readonly by?: {
    readonly role: string
    readonly host: string | null
    readonly build: string | null
  }
}

/** Finds the run that is at work; undefined where nobody holds the lock. */
export async function runAtWork(
  client: pg.Client,
  { exists }: Pick<DatabaseState, 'exists'>,
): Promise<RunAtWork | undefined> {
  const { role: _, ...holder } = await lockHolder(client)
  if (holder.pid === 0) return undefined
  if (!exists.journal) return holder
  const { rows } = await client.query<NonNullable<RunAtWork['by']>>(
    `select role, host, build from ${journalIn(exists)}
      where at >= (select backend_start from pg_stat_activity where pid = $1) order by id desc limit 1`,
    [holder.pid],
  )
  return { ...holder, ...(rows[0] && { by: rows[0] }) }
}

/** Who is at work, in words. */
export function describeRun({ pid, application, since, by }: RunAtWork): string {
  const who = by ? ` by ${by.role}${by.host ? ` on ${by.host}` : ''}` : ''
  const build = by?.build ? `, build ${by.build}` : ''
  return `A run is at work${who} since ${since} (pid ${pid}, ${application || 'without a name'}${build}).`
}
