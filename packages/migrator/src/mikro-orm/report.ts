import { printable, printableName } from '../errors/printable.ts'
import type { RestoreResult, RunEvent } from '../events.ts'

/** What MikroORM's own events do not say of a run: a line for its logger, where there is something to say. */
export function describeEvent(event: RunEvent): string | undefined {
  const line = sentence(event)
  if (line === undefined) return undefined
  return event.type === 'notice' ? printable(line) : printableName(line)
}

function sentence(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'waiting-for-lock':
      return `Another run holds the migration lock (pid ${event.pid}, ${event.application || 'unnamed'}, since ${event.since})`
    case 'contract-left':
      return `${event.migration} ${event.says}`
    case 'losses':
      return `This takes away: ${event.losses.map(({ object, count, what, isKept }) => `${object} (${what === 'unknown' ? 'not counted' : count}${isKept ? '' : ', not kept'})`).join(', ')}`
    case 'copying':
      return `${event.migration}, segment ${event.segment}, copies ${event.object} into the archive; the application can work on`
    case 'kept-so-far':
      return `The archive keeps what was taken before the error: ${event.kept.map(({ object, rows }) => `${object} (${rows})`).join(', ')}`
    case 'drift':
      return `The schema was changed outside of the migrations since the last run: ${event.differences.map(({ what, kind, identity }) => `${what} ${kind} ${identity}`).join(', ')}`
    case 'hazards':
      return event.findings.map(({ migration, says }) => `${migration}: ${says}`).join(' ')
    case 'ledger-lacks':
      return event.migrations.length === 0
        ? 'The ledger is gone; what the journal has of it counts no more, and everything is pending.'
        : `The ledger lacks what the journal has as applied; on a disposable database it is pending again: ${event.migrations.join(', ')}.`
    case 'restored':
      return event.returned.map(describeRestored).join('; ')
    case 'notice':
      return `${event.migration}: ${event.notice.severity}: ${event.notice.message}`
    case 'connection-lost':
      return `The connection was lost (${event.reason}); going on with another`
    case 'recovered':
      return `${event.migration}, segment ${event.segment}, was interrupted: ${event.how}`
    case 'segment-waiting':
      return `${event.migration}, segment ${event.segment}, waits for ${event.blockers.join('; ') || 'its locks'}`
    case 'blocker-ended':
      return `${event.migration}, segment ${event.segment}, ${event.problem === undefined ? 'ended' : `could not end (${event.problem})`} what stood in its way: ${event.blocker}`
    default:
      return undefined
  }
}

function describeRestored({ object, restoredRows, note }: RestoreResult): string {
  return `Restored ${object} (${restoredRows})${note ? `; ${note}` : ''}`
}
