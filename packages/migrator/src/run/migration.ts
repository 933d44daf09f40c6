import type { Direction } from '../migration.ts'
import type { PostgresError } from '../errors/postgres-error.ts'
import type { PlannedMigration } from '../plan/plan.ts'
import type { RestoreResult } from '../events.ts'
import { listStatements, positionsIn } from '../plan/progress.ts'
import { journalledMigration } from '../journal/journalled.ts'
import { asAuthor, continueAuthor, type Settings } from '../session/author.ts'
import { endMigration } from '../session/end-migration.ts'
import type { Session } from '../session/session.ts'
import type { SegmentContext } from './context.ts'
import { noticeBook } from './notices.ts'
import { requireBefore } from './requirements.ts'
import { runSegment } from './segment.ts'
import { LeftWaiting } from './waiting-steps.ts'

/** The result of one migration. */
export interface MigrationReport {
  readonly name: string
  readonly segments: number
  readonly milliseconds: number
  /** What its statements raised below an error; absent where they raised nothing. */
  readonly notices?: readonly PostgresError[]
  /** What the archive had of it; an entry with a note stays there. Absent where it had nothing. */
  readonly restored?: readonly RestoreResult[]
}

/**
 * Runs what is left of one migration: first what it requires, before any of its locks, then its segments. `before`
 * is what it had set in a session that was lost.
 * Throws REQUIRES, DOWN_REQUIRES, and what `runSegment` throws.
 */
export async function runMigration(
  planned: PlannedMigration,
  direction: Direction,
  context: Omit<SegmentContext, 'definition' | 'notices'>,
  before?: Settings,
): Promise<MigrationReport> {
  const { migration, segments } = planned
  const { name } = migration
  const started = performance.now()
  context.onEvent({ type: 'migration-started', migration: name, direction })
  if (isUnchanged(planned, direction)) await requireBefore(migration, direction, context)
  const definition = journalledMigration(migration)
  const notices = noticeBook(name, context.onEvent)
  await replaySettings(context.session, segments[0]?.settings ?? [], before)
  const restored: RestoreResult[] = []
  let leavesNothing = before === undefined && (segments[0]?.settings ?? []).length === 0
  try {
    for (const segment of segments) {
      const whole = { ...segment, settings: [] }
      const isFollowed = context.isFollowed === true || !segment.isLast
      const report = await runSegment(whole, { ...context, isFollowed, definition, notices })
      restored.push(...report.restored)
      leavesNothing &&= report.leavesNothing
    }
  } catch (error) {
    // The run goes on, with other migrations.
    if (error instanceof LeftWaiting && !leavesNothing) await endMigration(context.session)
    throw error
  }
  if (!leavesNothing) await endMigration(context.session)
  const milliseconds = performance.now() - started
  context.onEvent({ type: 'migration-done', migration: name, direction, milliseconds })
  const raised = notices.all()
  return {
    name,
    segments: segments.length,
    milliseconds: Math.round(milliseconds),
    ...(raised.length > 0 && { notices: raised }),
    ...(restored.length > 0 && { restored }),
  }
}

/** What an earlier run of the migration had set, where this one goes on. */
/**
 * The applied part of a half-done migration may have broken what had to hold before it, unless all that it did may run again: a
 * contract step may have waited for long since its rows were filled.
 */
function isUnchanged({ migration, segments, resumes }: PlannedMigration, direction: Direction) {
  if (!resumes) return true
  const body = migration[direction]
  const left = positionsIn(segments)
  const done = listStatements(body).filter((_, position) => !left.has(position))
  return body.kind === 'sql' && done.every(({ completion }) => completion?.probe === 'repeatable')
}

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
