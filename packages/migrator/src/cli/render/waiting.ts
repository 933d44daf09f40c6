import { describeInstance } from '../../gate/who-needs.ts'
import type { WaitingStep } from '../../run/waiting-steps.ts'

/** Of more a number is enough: `--json` has all. */
const MOST_INSTANCES = 3

/** What a contract step waits for, in words that follow its name. */
export function renderWaiting({ needing, isManual, after }: WaitingStep): string {
  const more = needing.length - MOST_INSTANCES
  const instances = [
    ...needing.slice(0, MOST_INSTANCES).map(describeInstance),
    ...(more > 0 ? [`${more} more`] : []),
  ]
  const reasons = [
    ...(instances.length > 0 ? [`for ${instances.join('; ')}`] : []),
    ...(after === undefined ? [] : [`for ${after}, which waits too`]),
    ...(isManual ? ['until it is asked for'] : []),
  ]
  return `waits ${reasons.join(', and ')}`
}
