import { MikroORM } from '@mikro-orm/postgresql'
import { applicationName as nameOf, ormOptions, Project, type Tables } from '@techfacts/db'
import type { Kysely } from 'kysely'
import type { Pool } from 'pg'
import { releaseLostConnections } from './lost-connections.ts'
import { prepareMarked } from './prepared.ts'

export type Database = MikroORM
/** Something that statements run on: a pool, or the transaction that is open. It knows every table and column. */
export type Session = Kysely<Tables>

/** What the service's connections are called: it tells which build they are of. */
export const applicationName = nameOf('techfacts-pipeline')

/** What one pool may take of the server. */
export type DatabaseLimits = {
  readonly connections: number
  /** How long a statement may run, in milliseconds. */
  readonly statementTimeout: number
}

const LIMITS: DatabaseLimits = { connections: 10, statementTimeout: 30_000 }

/** Makes the ORM. It connects when it is first used, so the database need not be there yet. */
export function openDatabase(url: string, limits = LIMITS): Database {
  return new MikroORM({
    ...ormOptions(url),
    // What was deleted is still there for whoever asks without the filter.
    filters: { active: { entity: [Project], cond: { isActive: true }, default: true } },
    // Only where a project is asked for: joined to whatever has a project, it would hide jobs that outlive theirs.
    autoJoinRefsForFilters: false,
    pool: { max: limits.connections },
    driverOptions: {
      application_name: applicationName,
      connectionTimeoutMillis: 5000,
      statement_timeout: limits.statementTimeout,
      // For a server that is frozen or unreachable, and cannot end a statement itself.
      query_timeout: limits.statementTimeout + 5000,
      keepAlive: true,
      idle_in_transaction_session_timeout: 60_000,
      onPoolCreated: (pool: Pool) => {
        pool.on('connect', prepareMarked)
        releaseLostConnections(pool)
      },
    },
  })
}

/** What of a database's URL may be shown: everything but the password and the options. */
export function redactUrl(url: string): string {
  const { protocol, username, host, pathname } = new URL(url)
  return `${protocol}//${username}${username && '@'}${host}${pathname}`
}

/** Statements outside of a transaction. */
export function session(database: Database): Session {
  return database.em.getConnection().getClient()
}

/** Runs `work` in one transaction, rolled back where it throws. No HTTP call and no parsing belongs inside. */
export function inTransaction<T>(
  database: Database,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return database.em.fork().transactional((em) => work(em.getKysely<Tables>()))
}

/** True for what a later try may mend: the server is gone, restarting, full, or slower than the timeout. */
export function isDatabaseOutage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code = '' } = cause as { code?: string }
    if (
      OUTAGES.test(code) ||
      /timeout exceeded when trying to connect|Connection terminated|is not queryable|Query read timeout/.test(
        cause.message,
      )
    ) {
      return true
    }
  }
  return false
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const OUTAGES =
  /^(?:08|53|57)...$|^(?:25006|40001|40P01)$|^E(?:CONN(?:REFUSED|RESET)|HOSTUNREACH|NOTFOUND|PIPE|TIMEDOUT)$/
