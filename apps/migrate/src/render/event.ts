import type { Loss, RunEvent } from '@techfacts/migrator'

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

/** A segment that took less is not worth a line. */
const NOTEWORTHY_MS = 1000

/** A line of progress for an event; undefined where it deserves none. */
export function renderEvent(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'waiting-for-lock':
      return `Waiting for the migration lock: pid ${event.pid} (${event.application || 'without a name'}) holds it since ${event.since}. Waited ${seconds(event.waited)} of ${seconds(event.limit)}.`
    case 'losses':
      return ['This throws away:', ...event.losses.map(renderLoss)].join('\n')
    case 'connection-lost':
      return `The connection was lost (${event.reason}). Connecting again, and reading the journal anew.`
    case 'recovered':
      return `${event.migration}: segment ${event.segment} was interrupted; ${event.how}.`
    case 'migration-started':
      return `${event.migration}: ${event.direction === 'up' ? 'applying' : 'reverting'}`
    case 'segment-blocked':
      return `${event.migration}: segment ${event.segment} got no lock in try ${event.attempt}${event.blockers.length > 0 ? `; in the way: ${event.blockers.join('; ')}` : ''}. Trying again.`
    case 'segment-done':
      return event.milliseconds < NOTEWORTHY_MS
        ? undefined
        : `${event.migration}: segment ${event.segment} of ${event.of} done in ${seconds(event.milliseconds)}`
    default:
      return undefined
  }
}

function renderLoss({ object, count, migration }: Loss): string {
  const what = object.includes('.') ? 'values' : 'rows'
  return `  ${object}: ${count} ${what}  (${migration})`
}
