import { expect, test } from 'vitest'
import type { Fault, VerifiedMigration, VerifyReport } from './report.ts'
import { judge } from './verdict.ts'

const FAULT: Fault = {
  step: 'up',
  cause: 'rows',
  object: 'a',
  said: 'b',
  happened: 'c',
  advice: 'd',
}

function verified(verdict: VerifiedMigration['verdict'], faults: readonly Fault[] = []) {
  return { name: verdict, verdict, faults, unproved: [], notRestored: [], milliseconds: 1 }
}

const HOLDS = verified('holds')

function against(state: 'holds' | 'later' | 'unmet' | 'unread', ...names: string[]) {
  const requirement =
    state === 'unread'
      ? ({ says: 'a', state, reason: 'b', advice: 'c', next: [] } as const)
      : ({ says: 'a', state } as const)
  const rest = { state: 'pending', statements: [], missing: [], findings: [] } as const
  const migrations = names.map((name) => ({ name, ...rest, requirements: [requirement] }))
  return { server: 'shop', major: 18, hasLedger: true, unknown: [], pendingBefore: [], migrations }
}

const says = (sentence: string) => `Verified: 1 migration. Against shop, ${sentence}`

test.each<[Partial<VerifyReport>, verdict: string, says: string]>([
  [{}, 'holds', 'No migration to verify: all are released.'],
  [{ migrations: [HOLDS, HOLDS] }, 'holds', 'Verified: 2 migrations.'],
  [{ migrations: [HOLDS, verified('unproved')] }, 'unproved', 'Unproved: 1 of 2 migrations.'],
  [
    { migrations: [HOLDS, verified('faulty', [FAULT])], unreached: ['c'] },
    'faulty',
    'Not as they say: 1 fault in 3 migrations, 1 of them not reached.',
  ],
  [{ unreached: ['c'] }, 'not reached', 'Not tried: 1 of 1 migration not reached.'],
  [{ migrations: [HOLDS], against: against('holds', 'a') }, 'holds', 'Verified: 1 migration.'],
  [{ migrations: [HOLDS], against: against('later', 'a') }, 'holds', 'Verified: 1 migration.'],
  [
    { migrations: [HOLDS], against: against('unmet', 'a') },
    'unproved',
    says('1 migration would be refused or find no table.'),
  ],
  [
    { migrations: [HOLDS], against: against('unread', 'a', 'b') },
    'unproved',
    says('it is not proved that what a, b require is so: it was not read.'),
  ],
  [
    { migrations: [HOLDS], against: against('unread', 'a', 'b', 'c', 'd') },
    'unproved',
    says('it is not proved that what 4 migrations require is so: it was not read.'),
  ],
])('%j comes to %s', (report, verdict, sentence) => {
  const empty = { migrations: [], unreached: [], fixtures: 'none', seed: 1 } as const
  const judged = judge({ ...empty, ...report })
  expect([judged.verdict, judged.says.join(' ')]).toEqual([verdict, sentence])
})
