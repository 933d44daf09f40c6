import { failure } from '../errors/index.ts'
import {
  asAuthor,
  asMigrator,
  authorsSettings,
  beginAsAuthor,
  changeAuthorsSettings,
  commitAsAuthor,
  rollBackAsAuthor,
  type Querying,
} from './author.ts'
import { isConnectionLost, loginPid, sqlState } from './connect.ts'
import { LOCK, type Session } from './session.ts'
import { toTimeouts, type StatementLimits } from './side-settings.ts'

interface AuthorsWork<T> {
  /** Whose work it is, for people. */
  readonly name: string
  /** On the author's side. */
  readonly work: () => Promise<T>
  /** On the migrator's. */
  readonly record: (result: T) => Promise<void>
}

/**
 * One transaction of the author's, with its record: all of it is committed, or nothing. What `work` sets for the
 * session is there in the author's next transaction, and nowhere else. The record is written only while the lock is
 * held, and in the transaction that `work` was in.
 * Throws POOLED_CONNECTION, LOCK_LOST, TRANSACTION_ENDED.
 */
export async function inAuthorsTransaction<T>(
  { client }: Session,
  limits: StatementLimits,
  { name, work, record }: AuthorsWork<T>,
): Promise<void> {
  const before = authorsSettings(client)
  let begun: Look | undefined
  try {
    begun = await beginAsAuthor<Look>(client, LOOK, toTimeouts(limits))
    // Through a pooler the transaction may have landed on another backend.
    if (!begun?.held)
      throw begun?.pid === loginPid(client) ? released(name) : failure('POOLED_CONNECTION')
    const result = await work()
    await asMigrator(client, async () => {
      await assertUnbroken(client, name, begun)
      await record(result)
    })
    await commitAsAuthor(client)
  } catch (error) {
    if (!isConnectionLost(error))
      await (begun?.held ? rollBackAsAuthor(client, before) : client.query('rollback'))
    throw error
  }
}

/** Parallel workers starve a small machine; a migration that wants them sets this itself. */
const WORKERS = 'max_parallel_maintenance_workers'

/** Runs `work` on the author's side, in no transaction. Of what holds for it alone nothing stays. */
export async function asAuthorOutside<T>(
  client: Querying,
  limits: StatementLimits,
  work: () => Promise<T>,
): Promise<T> {
  const { lock_timeout = '0', statement_timeout = '0' } = authorsSettings(client)
  changeAuthorsSettings(client, toTimeouts(limits))
  try {
    return await asAuthor(client, async () => {
      const { rows } = await client.query<{ was: string | null }>(
        `select case when (select source from pg_catalog.pg_settings where name operator(pg_catalog.=) '${WORKERS}')
                            operator(pg_catalog.<>) 'session'
                     then pg_catalog.set_config('${WORKERS}', '0', false) end as was`,
      )
      try {
        return await work()
      } finally {
        if (rows[0]?.was === '0') await client.query(`reset ${WORKERS}`).catch(() => {})
      }
    })
  } finally {
    changeAuthorsSettings(client, { lock_timeout, statement_timeout })
  }
}

/** Throws LOCK_LOST: what one migration has let go of another run may have taken. */
export async function assertLockHeld(client: Querying, name: string, after: string): Promise<Look> {
  const { rows } = await client.query<Look>(LOOK)
  if (!rows[0]?.held) throw failure('LOCK_LOST', { name, after })
  return rows[0]
}

async function assertUnbroken(
  client: Querying,
  name: string,
  begun: Look | undefined,
): Promise<void> {
  const { transaction } = await assertLockHeld(client, name, 'It was rolled back.')
  if (transaction !== begun?.transaction) throw failure('TRANSACTION_ENDED', { name })
}

/** The same process still answers, so the lock was let go of by what it ran: the migrator's own DDL fires event triggers. */
function released(name: string) {
  return failure('LOCK_LOST', {
    name: `An event trigger, or a statement before ${name},`,
    after: `${name} was not begun.`,
  })
}

interface Look {
  readonly pid: number
  readonly held: boolean
  /** Tells one transaction from the next. */
  readonly transaction: string | null
}

const HELD = `from pg_locks where locktype = 'advisory' and granted and pid = pg_backend_pid()
     and classid = ${LOCK.classId} and objid = ${LOCK.objectId}`

const LOOK = `select pg_backend_pid() as pid, count(*) > 0 as held, max(virtualtransaction) as transaction ${HELD}`

/** A setting that a transaction has until it ends. */
const SETTING = 'migrator.transaction'

export const MARK_TRANSACTION = `set local ${SETTING} = 'open'`

/** Raises where the lock is not held, or where this is not the marked transaction; `explainBroken` knows which. */
export const ASSERT_UNBROKEN = `select 1 / count(*),
    sqrt(case current_setting('${SETTING}', true) when 'open' then 0 else -count(*) end) ${HELD}`

/** LOCK_LOST or TRANSACTION_ENDED for what ASSERT_UNBROKEN has raised; any other error as it is. */
export function explainBroken(error: unknown, name: string): unknown {
  const raised = sqlState(error)
  if (raised === '22012') return failure('LOCK_LOST', { name, after: 'It was rolled back.' })
  return raised === '2201F' ? failure('TRANSACTION_ENDED', { name }) : error
}
