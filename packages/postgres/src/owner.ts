import type { Client } from 'pg'
import { errorCode } from './process.ts'

/** Thrown when another living process owns the server of a folder. */
export class ServerInUseError extends Error {
  override readonly name = 'ServerInUseError'
}

/** The owner's advisory lock in the maintenance database: a number that nothing else uses. */
const OWNER_LOCK = 7_246_118_305

/** How the owner's session names itself; the number is its process id. */
const APPLICATION = 'owner of this server, process'

/**
 * Makes this process the server's owner for as long as `session` is open. PostgreSQL releases the
 * lock when a killed owner's connection breaks, so there is no stale lock to judge.
 *
 * @returns false when the server was stopped meanwhile, by the owner that it had.
 * @throws {@link ServerInUseError} when another process is the owner.
 */
export async function becomeOwner(session: Client, folder: string): Promise<boolean> {
  try {
    await session.query(`set lock_timeout = '2s'`) // a killed owner's session ends a moment after it
    await session.query('select pg_advisory_lock($1)', [OWNER_LOCK])
    const name = `${APPLICATION} ${process.pid}`
    await session.query(`select set_config('application_name', $1, false)`, [name])
    return true
  } catch (error) {
    if (errorCode(error) !== LOCK_NOT_AVAILABLE) return false
  }
  const owner = await session.query<{ application_name: string }>(
    'select application_name from pg_stat_activity where starts_with(application_name, $1)',
    [APPLICATION],
  )
  await session.end()
  const who = owner.rows[0]?.application_name.slice(APPLICATION.length).trim() ?? 'unknown'
  throw new ServerInUseError(
    `The PostgreSQL server of ${folder} is in use by process ${who}. Stop that process first.`,
  )
}

const LOCK_NOT_AVAILABLE = '55P03'
