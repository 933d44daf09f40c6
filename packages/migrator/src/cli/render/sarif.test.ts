import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { DescribedMigration } from '../../inspect/described-migration.ts'
import type { PlacedFinding } from '../../inspect/lint.ts'
import { findSarifFaults } from '../../testing/validate-sarif.ts'
import type { Cause, Fault, VerifyReport } from '../../verify/report.ts'
import { judge } from '../../verify/verdict.ts'
import { renderLint } from './lint.ts'
import { renderVerifiedSarif } from './verified-sarif.ts'

/** What ends a URI, what is no letter of one, and what a name may have on some system. */
const FILE = 'src/migrations/a b#c?d%e[f]"g\\h<i>é🦖.ts'

const finding: PlacedFinding = {
  rule: 'index-blocks-writes',
  level: 'error',
  hazards: ['blocks-writes'],
  says: 'index jobs_n of jobs',
  why: 'It waits.',
  instead: 'CONCURRENTLY.',
  file: join(process.cwd(), FILE),
  line: 3,
}

test('what lint finds is SARIF by the schema of OASIS', async () => {
  const corrected = { statements: ['select 1'], requires: [], isTransactional: true }
  const warning = { ...finding, rule: 'other', level: 'warning', hazards: [], corrected } as const
  for (const findings of [[], [finding, warning, finding]]) {
    const text = await renderLint(findings, 'sarif')
    expect(findSarifFaults(text)).toEqual([])
    expect(JSON.parse(text).runs[0].results).toHaveLength(findings.length)
  }
})

const CAUSES =
  'does-not-run schema rows values sequence lock rewrite scan build test previous-release next-release'

function described(name: string): DescribedMigration {
  const statement = { sql: 'select 1', line: 4, locks: [], hasUnknownLocks: false }
  return {
    name,
    file: join(process.cwd(), FILE),
    phase: 'expand',
    breaks: [],
    up: { kind: 'sql', segments: [{ mode: 'transaction', statements: [statement] }] },
    down: { kind: 'none', reason: 'a' },
    requires: [],
    ensures: [],
    downRequires: [],
    hazards: [],
    allow: {},
    downLoses: [],
  }
}

test('what verify finds is SARIF by the schema of OASIS, whatever it is', () => {
  const faults = CAUSES.split(' ').map((cause): Fault => ({
    step: 'up',
    cause: cause as Cause,
    object: `table public.${cause}`,
    said: '',
    happened: 'a\nb',
    advice: 'Mend it.',
    next: [{ command: 'hash', why: 'Then' }],
  }))
  const rest = { notRestored: [], milliseconds: 1, unproved: [{ object: 't', reason: 'no rows' }] }
  const unread = { state: 'unread', reason: 'no right', advice: 'Ask.', next: [] } as const
  const requirements = [
    { says: 'It is so.', state: 'unmet' },
    { says: 'Is it?', ...unread },
  ] as const
  const there = { state: 'pending', statements: [], missing: ['public.t'], findings: [] } as const
  const report: VerifyReport = {
    migrations: [{ name: 'M1', verdict: 'faulty', faults, ...rest }],
    unreached: ['M2'],
    fixtures: 'none',
    seed: 1,
    against: {
      server: 'shop',
      major: 18,
      hasLedger: true,
      unknown: [],
      pendingBefore: [],
      migrations: [{ name: 'M1', ...there, requirements }],
    },
  }
  const migrations = ['M1', 'M2'].map(described)
  const text = renderVerifiedSarif(
    { report, migrations, judgement: judge(report) },
    () => 'migrate',
  )
  expect(findSarifFaults(text)).toEqual([])
  const rules = JSON.parse(text).runs[0].results.map((one: { ruleId: string }) => one.ruleId)
  const others = ['refused', 'refused', 'unread', 'unproved', 'not-reached']
  expect(rules.toSorted()).toEqual([...CAUSES.split(' '), ...others].toSorted())
  // The schema is no open door.
  expect(findSarifFaults(text.replaceAll('"ruleId"', '"rule"'))).not.toEqual([])
  expect(findSarifFaults(text.replaceAll('"startLine": 4', '"startLine": 0'))).not.toEqual([])
  expect(findSarifFaults(text.replaceAll('a%20b', 'a b'))).not.toEqual([])
})
