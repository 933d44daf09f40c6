import type pg from 'pg'
import { isDeepStrictEqual } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseState } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import type { CodeSession } from '../migration.ts'
import type { Plan } from '../plan/plan.ts'
import { borrowSides, giveSidesBack } from '../session/author.ts'
import { connectToObserve, isConnectionLost } from '../session/connect.ts'
import { explainRefusal } from '../session/explain.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { openSegments } from './leftovers.ts'
import { OWN_TYPES } from '../session/own-types.ts'
import { asSavepoints } from '../session/savepoints.ts'
import { quoteName } from '../sql/quote-name.ts'
import { backendPid, LOCK, lockHolder, type Session } from '../session/session.ts'

/**
 * Lends `work` a session inside a transaction of the caller's: what is done there, bookkeeping included,
 * commits or vanishes with it. The migration lock is the transaction's, so it is held until that ends.
 * Settings that the work changes are put back.
 * Throws TRANSACTION_UNUSABLE, LOCK_HELD.
 */
export async function withCallersTransaction<T>(
  transaction: CodeSession,
  options: DatabaseTarget,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const client = toClient(transaction)
  await refuseOtherTypes(client)
  const { schema } = options
  const before = await borrowSides(client, schema === undefined ? undefined : quoteName(schema))
  try {
    await refuseOldSnapshot(client)
    await takeLock(client, options)
    const within = await readSettings(client)
    const reset = () => restoreSettings(client, within)
    const observe = () => connectToObserve(options)
    const pid = await backendPid(client)
    const result = await work({
      client,
      pid,
      limits: options.limits,
      onStatement: options.onStatement,
      observe,
      transaction: { reset },
    })
    await reset()
    return result
  } catch (error) {
    throw isConnectionLost(error) ? error : explainRefusal(error)
  } finally {
    // A failed transaction takes no settings, and its rollback puts all of them back.
    await giveSidesBack(client, before).catch(() => {})
  }
}

/**
 * Before anything runs: refuses what cannot share a transaction with all that comes before and after it.
 * Throws NEEDS_OWN_TRANSACTION.
 */
export function refuseUnlessShared(plan: Plan, state: DatabaseState): void {
  const [interrupted] = openSegments(state)
  if (interrupted) {
    const { migration: name, segment } = interrupted
    const statement = interrupted.statements[0]?.sql ?? 'the code of the migration'
    throw failure('NEEDS_OWN_TRANSACTION', { name, segment, statement, reason: 'was interrupted' })
  }
  const segments = plan.migrations.flatMap((planned) => planned.segments)
  for (const [position, { mode, statements, migration: name, index }] of segments.entries()) {
    const last = statements.at(-1)
    const isFollowed = position < segments.length - 1
    const reason =
      mode === 'outside'
        ? 'runs outside of any'
        : last?.boundary === 'commits-after' && isFollowed
          ? 'must be committed before the next'
          : undefined
    if (reason === undefined) continue
    const statement = last?.sql ?? 'the code of the migration'
    throw failure('NEEDS_OWN_TRANSACTION', { name, segment: index, statement, reason })
  }
}

/** The part of pg's Client that a session uses; its transactions become savepoints. */
function toClient(transaction: CodeSession): pg.Client {
  const nested = asSavepoints()
  const isOfPg = 'getTypeParser' in transaction
  const ownRows = (text: string, values: unknown[] | undefined) => {
    const query = { text, types: OWN_TYPES, ...(values && { values }) } as unknown as string
    return isOfPg ? transaction.query(query) : transaction.query(text, values)
  }
  const client = {
    // Queries of code are read as the caller reads them.
    query: (asked: string | pg.QueryConfig, values?: unknown[]) =>
      typeof asked === 'string'
        ? ownRows(nested(asked), values)
        : transaction.query(nested(asked.text), asked.values),
    // A caller's driver keeps its notices to itself.
    on: () => {},
    off: () => {},
  }
  return client as unknown as pg.Client
}

/** An ORM's transaction reads rows by the process's table of parsers, which its host may have changed. */
async function refuseOtherTypes(client: pg.Client): Promise<void> {
  const { rows } = await client.query(
    `select true as yes, 1::pg_catalog.int4 as one, '{"a"}'::pg_catalog.text[] as list, '{"a": 1}'::pg_catalog.json as data`,
  )
  if (isDeepStrictEqual(rows[0], { yes: true, one: 1, list: ['a'], data: { a: 1 } })) return
  throw failure('TRANSACTION_UNUSABLE', {
    reason:
      'its driver reads boolean, integer, text[] or json in a way of its own (types.setTypeParser). Run the migrations outside of a transaction, or put the parsers of these types back',
  })
}

/** A snapshot from before the lock does not show what the run that held it has committed. */
async function refuseOldSnapshot(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ isolation: string }>(
    `select current_setting('transaction_isolation') as isolation`,
  )
  const isolation = rows[0]?.isolation
  if (isolation === 'read committed') return
  throw failure('TRANSACTION_UNUSABLE', {
    reason: `its isolation is ${isolation}, so it may not see what another run has just applied. Begin it as read committed`,
  })
}

/** Polled like the session's own lock, and for the same reason. */
async function takeLock(client: pg.Client, { limits, onEvent }: DatabaseTarget): Promise<void> {
  const started = Date.now()
  let told = -Infinity
  for (;;) {
    const { rows } = await client.query<{ locked: boolean }>(
      'select pg_try_advisory_xact_lock($1, $2) as locked',
      [LOCK.classId, LOCK.objectId],
    )
    if (rows[0]?.locked) return
    const waited = Date.now() - started
    const { role, ...holder } = await lockHolder(client)
    if (waited >= limits.lockWait) {
      throw failure('LOCK_HELD', { ...holder, role, waited: Math.round(waited / 1000) })
    }
    if (waited - told >= 10_000) {
      told = waited
      onEvent({ type: 'waiting-for-lock', ...holder, waited, limit: limits.lockWait })
    }
    await sleep(Math.min(100 + Math.random() * 150, Math.max(limits.lockWait - waited, 1)))
  }
}

async function readSettings(client: pg.Client): Promise<unknown> {
  const { rows } = await client.query<{ settings: unknown }>(
    `select jsonb_object_agg(name, jsonb_build_object('value', current_setting(name), 'default', setting = reset_val)) as settings
       from pg_settings where context in ('user', 'superuser')`,
  )
  return rows[0]?.settings
}

/** What was a default is set for the session: what a migration has SET would come back with the commit. */
async function restoreSettings(client: pg.Client, before: unknown): Promise<void> {
  await client.query(
    `select set_config(name, setting->>'value', not coalesce((setting->>'default')::boolean, false))
       from jsonb_each($1) as before(name, setting)
      where current_setting(name) is distinct from setting->>'value'`,
    [JSON.stringify(before)],
  )
}
