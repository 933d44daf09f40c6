import { renderDrift } from '../../drift/render-drift.ts'
import { renderFields, type PostgresError } from '../../errors/postgres-error.ts'
import type { Loss, RestoreResult, RunEvent } from '../../events.ts'
import { printable, printableName } from '../../errors/printable.ts'
import { count, duration, size } from './words.ts'

/** A segment that took less is not worth a line. */
const NOTEWORTHY_MS = 1000

/** A line for an event; undefined where it deserves none. */
export function renderEvent(event: RunEvent): string | undefined {
  const line = sentence(event)
  return line === undefined ? undefined : printable(line)
}

function sentence(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'waiting-for-lock':
    case 'contract-waiting':
      return renderAwaited(event)
    case 'losses':
      return renderLosses(event.losses)
    case 'drift':
    case 'hazards':
    case 'source-edited':
    case 'catalog-unreadable':
      return renderWarning(event)
    case 'ledger-lacks':
      return lacking(event.migrations)
    case 'kept-so-far':
      return renderKept(event.kept)
    case 'restored':
      return event.returned.map((one) => printableName(renderReturned(one))).join('\n')
    case 'notice':
      return isAsked(event.notice) ? undefined : renderNotice(event.migration, event.notice)
    case 'connection-lost':
      return `The connection was lost (${event.reason}). Connecting again, and reading the journal again.`
    case 'recovered':
      return `${event.migration}: segment ${event.segment} was interrupted; ${event.how}.`
    case 'copying':
    case 'copied':
      return renderCopy(event)
    case 'migration-started':
      return `${event.migration}: ${event.direction === 'up' ? 'applying' : 'reverting'}`
    case 'blocker-ended':
    case 'backfill-throttled':
      return renderPace(event)
    case 'segment-waiting':
    case 'segment-progress':
      return renderWaiting(event)
    default:
      return event.type === 'segment-done' ? renderDone(event) : undefined
  }
}

function renderAwaited(
  event: Extract<RunEvent, { type: 'waiting-for-lock' | 'contract-waiting' }>,
): string {
  const what =
    event.type === 'contract-waiting'
      ? `${event.migration}: waiting for ${event.needing.join('; ')}`
      : `Waiting for the migration lock: ${renderNote(event)}`
  return `${what}. Waited ${duration(event.waited)} of ${duration(event.limit)}.`
}

/** What a person should know, and what ends nothing. */
function renderWarning(
  event: Extract<RunEvent, { type: 'drift' | 'hazards' | 'source-edited' | 'catalog-unreadable' }>,
): string {
  if (event.type === 'drift') return renderChanged(event)
  if (event.type === 'catalog-unreadable')
    return `It is not known whether the schema was changed since the last run: ${event.reason}`
  return event.type === 'hazards'
    ? event.findings.map(renderHazard).join('\n')
    : event.migrations.map(renderEdited).join('\n')
}

function renderChanged({ allowed, differences }: Extract<RunEvent, { type: 'drift' }>): string {
  const why = allowed === undefined ? '' : ` It goes on: ${allowed}`
  return `Warning: the schema was changed outside of the migrations since the last run.${why}\n${renderDrift(differences)}`
}

type Hazard = Extract<RunEvent, { type: 'hazards' }>['findings'][number]

function renderHazard({ migration, says, rule }: Hazard): string {
  return `Warning: ${migration}: ${says} [${rule}] It is applied all the same.`
}

function renderEdited(migration: string): string {
  return `Warning: the source of ${migration} was edited after it was compiled. What was compiled runs; to compile the edit: migrate hash`
}

function renderDone(event: Extract<RunEvent, { type: 'segment-done' }>): string | undefined {
  if (event.milliseconds < NOTEWORTHY_MS) return undefined
  return `${event.migration}: segment ${event.segment} of ${event.of} done in ${duration(event.milliseconds)}`
}

/** What others have to do with how fast it goes. */
function renderPace(
  event: Extract<RunEvent, { type: 'blocker-ended' | 'backfill-throttled' }>,
): string {
  return event.type === 'blocker-ended' ? renderEnded(event) : renderThrottled(event)
}

function renderThrottled({
  migration,
  reasons,
  isStill,
}: Extract<RunEvent, { type: 'backfill-throttled' }>): string {
  if (reasons.length === 0) return `${migration}: fills rows at full speed again`
  return `${migration}: ${isStill ? 'waits' : 'fills rows more slowly'}, since ${reasons.join(', and ')}`
}

function renderEnded({
  migration,
  blocker,
  problem,
}: Extract<RunEvent, { type: 'blocker-ended' }>): string {
  return problem === undefined
    ? `${migration}: ended the session that stood in the way: ${blocker}`
    : `${migration}: could not end the session that stands in the way (${problem}): ${blocker}`
}

/** What is copied before a segment, and what came of it. */
function renderCopy(event: Extract<RunEvent, { type: 'copying' | 'copied' }>): string {
  const { migration, segment } = event
  const object = printableName(event.object)
  return event.type === 'copying'
    ? `${migration}: copies ${object} into the archive before segment ${segment} (a table of ${size(event.bytes)}); the application works on`
    : `${migration}: copied ${count(event.rows)} rows of ${object} (${size(event.bytes)}) in ${duration(event.milliseconds)}`
}

function renderKept(kept: Extract<RunEvent, { type: 'kept-so-far' }>['kept']): string {
  return [
    'The archive keeps what was taken before the error, until the migrations go the other way (migrate archive list):',
    ...kept.map(
      ({ migration, object, rows }) => `  ${printableName(object)}: ${rows} rows  (${migration})`,
    ),
  ].join('\n')
}

function lacking(migrations: readonly string[]): string {
  return migrations.length === 0
    ? 'The ledger is gone, so the journal’s entries about it no longer count, and everything is pending.'
    : `The ledger lacks what the journal has as applied; on a disposable database it is pending again: ${migrations.join(', ')}.`
}

/** What IF EXISTS and IF NOT EXISTS skip is what the author has asked for; the journal keeps it. */
function isAsked({ severity, message }: PostgresError): boolean {
  return severity === 'NOTICE' && message.endsWith(', skipping')
}

/** `Migration1: WARNING: …`, with what PostgreSQL adds to it below. */
function renderNotice(migration: string, notice: PostgresError): string {
  const said = `${migration}: ${notice.severity}: ${notice.message}`
  return [said, ...renderFields(notice).map((line) => `  ${line}`)].join('\n')
}

type Waiting = Extract<
  RunEvent,
  { type: 'waiting-for-lock' | 'segment-waiting' | 'segment-progress' }
>

function renderWaiting(event: Exclude<Waiting, { type: 'waiting-for-lock' }>): string {
  const is = event.type === 'segment-waiting' ? '' : 'is at work: '
  return `${event.migration}: segment ${event.segment} ${is}${renderNote(event)}`
}

/** What takes so long, in a few words. */
export function renderNote(event: Waiting): string {
  if (event.type === 'waiting-for-lock') {
    return `pid ${event.pid} (${event.application || 'without a name'}) holds it since ${event.since}`
  }
  if (event.type === 'segment-waiting') {
    return `waits for ${event.blockers.length > 0 ? event.blockers.join('; ') : 'a lock'}`
  }
  const { phase, done, total } = event
  return total > 0 ? `${phase}, ${Math.floor((100 * done) / total)} %` : phase
}

/** What a run takes away, a line each: what the archive keeps, what nothing keeps, and what may take something. */
export function renderLosses(losses: readonly Loss[]): string {
  const kept = losses.filter(({ isKept }) => isKept)
  const others = losses.filter(({ isKept, what }) => !isKept && what !== 'unknown')
  const unknown = losses.filter(({ isKept, what }) => !isKept && what === 'unknown')
  return [
    ...(kept.length > 0 ? ['This takes away, and keeps in the archive:'] : []),
    ...kept.map(renderLoss),
    ...(others.length > 0 ? ['This throws away:'] : []),
    ...others.map(renderLoss),
    ...(unknown.length > 0 ? ['This may throw something away:'] : []),
    ...unknown.map(renderLoss),
  ].join('\n')
}

function renderLoss({ object, count, what, migration }: Loss): string {
  const said = what === 'unknown' ? 'cannot be counted before it runs' : `${count} ${what}`
  return `  ${printableName(object)}: ${said}  (${migration})`
}

function renderReturned({ migration, object, restoredRows, note }: RestoreResult): string {
  const said = `${migration}: restored ${restoredRows} of ${object} from the archive`
  return note === undefined ? said : `${said}; the rest stays there: ${note}`
}
