import { failure, MigratorError } from '../errors.ts'
import type { Check, Direction, Migration } from '../migration.ts'
import type { PlannedMigration } from '../plan/plan.ts'
import { firstViolation } from './checks.ts'
import { isConnectionLost } from '../session/connect.ts'
import { journalledMigration } from '../journal/journalled.ts'
import { asAuthor, continueAuthor, type Settings } from '../session/author.ts'
import { endMigration } from '../session/end-migration.ts'
import type { Session } from '../session/session.ts'
import type { SegmentContext } from './context.ts'
import { runSegment } from './segment.ts'

/** What became of one migration. */
export interface MigrationReport {
  readonly name: string
  readonly segments: number
  readonly milliseconds: number
}

/**
 * Runs what is left of one migration: first what it requires, before any of its locks, then its segments. `before`
 * is what it had set in a session that was lost.
 * Throws REQUIRES, DOWN_REQUIRES, and what `runSegment` throws.
 */
export async function runMigration(
  { migration, segments, resumes }: PlannedMigration,
  direction: Direction,
  context: Omit<SegmentContext, 'undo'>,
  before?: Settings,
): Promise<MigrationReport> {
  const { name } = migration
  const started = performance.now()
  context.onEvent({ type: 'migration-started', migration: name, direction })
  // What stands of a half-done migration may well have broken what had to hold before it.
  if (!resumes) await requireBefore(migration, direction, context)
  const undo = journalledMigration(migration)
  await replaySettings(context.session, segments[0]?.settings ?? [], before)
  for (const segment of segments)
    await runSegment({ ...segment, settings: [] }, { ...context, undo })
  await endMigration(context.session)
  const milliseconds = performance.now() - started
  context.onEvent({ type: 'migration-done', migration: name, direction, milliseconds })
  return { name, segments: segments.length, milliseconds: Math.round(milliseconds) }
}

/** What an earlier run of the migration had set, where this one goes on. */
async function replaySettings(
  { client }: Session,
  settings: readonly string[],
  before: Settings | undefined,
): Promise<void> {
  if (settings.length > 0) {
    await asAuthor(client, async () => {
      for (const setting of settings) await client.query(setting)
    })
  }
  // Not all that is set shows in a text.
  if (before) continueAuthor(client, before)
}

async function requireBefore(
  migration: Migration,
  direction: Direction,
  { session, ledgerTable }: Omit<SegmentContext, 'undo'>,
): Promise<void> {
  const { name } = migration
  const checks = direction === 'up' ? migration.requires : migration.downRequires
  if (checks.length === 0) return
  const says = await readChecks(session, checks)
  if (says === undefined) return
  if (direction === 'down') throw failure('DOWN_REQUIRES', { name, says })
  const { rowCount } = await session.client.query(`select from ${ledgerTable} limit 1`)
  throw failure('REQUIRES', { name, says, isFirst: rowCount === 0 })
}

/** Read only: a check looks, and changes nothing. */
async function readChecks(session: Session, checks: readonly Check[]): Promise<string | undefined> {
  const { client, limits } = session
  const limit = String(limits.longStatementTimeout)
  try {
    await client.query('begin read only')
    return await asAuthor(client, async () => {
      await client.query(
        `select pg_catalog.set_config('lock_timeout', $1, true), pg_catalog.set_config('statement_timeout', $1, true)`,
        [limit],
      )
      return firstViolation(client, checks)
    })
  } catch (error) {
    if (isConnectionLost(error) || error instanceof MigratorError) throw error
    return `a check of it cannot be read (${error instanceof Error ? error.message : String(error)})`
  } finally {
    await client.query('rollback').catch(() => {})
  }
}
