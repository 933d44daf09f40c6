import { count } from '../errors/list.ts'
import { isRefused, listUnread, type Against } from './against.ts'
import type { VerifiedMigration, VerifyReport } from './report.ts'

export type Verdict = VerifiedMigration['verdict'] | 'not reached'

/** What all that was tried, and read of a real database, comes to. */
export interface Judgement {
  /** The gravest. What a real database refuses, or does not let be read, is `unproved`. */
  readonly verdict: Verdict
  /** A sentence on what was tried; then one each for what a real database refuses and for what was not read there. */
  readonly says: readonly string[]
}

/** The one place where it is decided; a comment, a page and the exit code have it from here. */
export function judge(report: VerifyReport): Judgement {
  const { verdict, says } = judgeTried(report)
  const against = report.against ? judgeAgainst(report.against) : []
  const isWorse = verdict === 'holds' && against.length > 0
  return { verdict: isWorse ? 'unproved' : verdict, says: [says, ...against] }
}

interface Tried {
  readonly verdict: Verdict
  readonly says: string
}

/** Each migration that was to be tried counts, whether it was reached or not. */
function judgeTried({ migrations, unreached }: VerifyReport): Tried {
  const all = count(migrations.length + unreached.length, 'migration')
  const faults = migrations.reduce((sum, { faults: own }) => sum + own.length, 0)
  const unproved = migrations.filter(({ verdict }) => verdict === 'unproved').length
  if (migrations.length + unreached.length === 0)
    return { verdict: 'holds', says: 'No migration to verify: all are released.' }
  const rest = unreached.length > 0 ? `, ${unreached.length} of them not reached` : ''
  if (faults > 0)
    return {
      verdict: 'faulty',
      says: `Not as they say: ${count(faults, 'fault')} in ${all}${rest}.`,
    }
  if (rest !== '')
    return { verdict: 'not reached', says: `Not tried: ${unreached.length} of ${all} not reached.` }
  return unproved > 0
    ? { verdict: 'unproved', says: `Unproved: ${unproved} of ${all}.` }
    : { verdict: 'holds', says: `Verified: ${all}.` }
}

function judgeAgainst({ server, migrations }: Against): string[] {
  const refused = migrations.filter(isRefused).length
  const unread = migrations.filter((one) => listUnread(one).length > 0).map(({ name }) => name)
  const names = unread.length > 3 ? count(unread.length, 'migration') : unread.join(', ')
  const verb = unread.length === 1 ? 'requires' : 'require'
  return [
    ...(refused > 0
      ? [`Against ${server}, ${count(refused, 'migration')} would be refused or find no table.`]
      : []),
    ...(unread.length > 0
      ? [`Against ${server}, it is not proved that what ${names} ${verb} is so: it was not read.`]
      : []),
  ]
}
