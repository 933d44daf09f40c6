import type {
  DescribedBody,
  DescribedMigration,
  DescribedStatement,
} from '../../inspect/described-migration.ts'
import type { Proof } from '../../inspect/reporter.ts'
import { renderSteps, type WordStep } from '../../errors/next-step.ts'
import type { Cause, Fault, Unproved } from '../../verify/report.ts'
import { listUnread, type MigrationAgainst } from '../../verify/against.ts'
import { listRefusals } from './against.ts'
import { fingerprintOf, toUri } from './lint.ts'
import { makeSarif, type SarifResult } from './sarif.ts'

/** What the migrations have to hold, by what `verify` finds where they do not. */
const RULES: Readonly<Record<Cause | 'unproved' | 'not-reached' | 'refused' | 'unread', string>> = {
  'does-not-run': 'A migration runs, is reverted and runs again.',
  schema: 'The schema after up is the recorded one, and after down the one before.',
  rows: 'No row goes or comes of which no statement says so.',
  values: 'No value changes of which no statement says so.',
  sequence: 'No sequence counts from an earlier number.',
  lock: 'A migration takes the locks that its statements say.',
  rewrite: 'A table is rewritten only where a statement says so.',
  scan: 'A table is read as a whole only where a statement says so.',
  build: 'An index is built only where a statement says so.',
  test: "A migration's own data test holds.",
  'previous-release':
    'What the previous release sends works after a migration that is no contract step.',
  'next-release': 'What the next release sends works before a contract step.',
  unproved: 'What a migration does can be tried.',
  refused: 'The database that it is held against would run it as it is now.',
  unread: 'What a migration requires can be read in the database that it is held against.',
  'not-reached': 'A migration is tried once those before it run.',
}

/** Each fault, each thing that could not be tried and each migration that was not reached, in the file of its migration. */
export function renderVerifiedSarif({ report, migrations }: Proof, word: WordStep): string {
  const results = migrations.flatMap((described) => {
    const verified = report.migrations.find(({ name }) => name === described.name)
    const against = report.against?.migrations.find(({ name }) => name === described.name)
    const there = against ? placeAgainst(described, against, word) : []
    if (!verified) return [place(described, 1, 'not-reached', 'error', NOT_REACHED, []), ...there]
    return [
      ...there,
      ...verified.faults.map((fault) => placeFault(described, fault, word)),
      ...verified.unproved.map((one) => placeUnproved(described, one, word)),
    ]
  })
  const sarif = makeSarif('migrate verify', results, (rule) => ({
    full: isRule(rule) ? RULES[rule] : '',
    help: 'Run migrate verify, which prints what the migration says, what happened and what to do.',
    tags: [],
  }))
  return `${JSON.stringify(sarif, undefined, 2)}\n`
}

const NOT_REACHED = 'It was not tried, since a migration before it does not run.'

function isRule(rule: string): rule is keyof typeof RULES {
  return Object.hasOwn(RULES, rule)
}

function placeFault(migration: DescribedMigration, fault: Fault, word: WordStep): SarifResult {
  const { step, cause, object, said, happened, advice, next = [] } = fault
  const body = step === 'down' ? migration.down : migration.up
  const text = [
    `${step}: ${object}.`,
    `Said: ${said}.`,
    `Happened: ${happened.trimEnd()}.`,
    advice,
    ...renderSteps(next, word),
  ]
  const line = findLine(body, object)
  return place(migration, line, cause, 'error', text.join('\n'), [step, object, said])
}

function placeUnproved(
  migration: DescribedMigration,
  { object, reason, next = [] }: Unproved,
  word: WordStep,
): SarifResult {
  const text = [`${object}: ${reason}`, ...renderSteps(next, word)].join('\n')
  return place(migration, findLine(migration.up, object), 'unproved', 'warning', text, [object])
}

/** What the database that they are held against refuses, and what nobody may read there. */
function placeAgainst(
  described: DescribedMigration,
  against: MigrationAgainst,
  word: WordStep,
): SarifResult[] {
  const unread = listUnread(against).map(({ says, reason, advice, next }) => {
    const text = [`Not read, so not proved: ${says}`, reason, advice, ...renderSteps(next, word)]
    return place(described, 1, 'unread', 'warning', text.join('\n'), [says])
  })
  const refused = listRefusals(against)
  return [
    ...refused.map((says) => place(described, 1, 'refused', 'error', says, [says])),
    ...unread,
  ]
}

function place(
  { file, name }: DescribedMigration,
  line: number,
  rule: string,
  level: SarifResult['level'],
  message: string,
  identity: readonly string[],
): SarifResult {
  const fingerprint = fingerprintOf(name, rule, ...identity)
  return { rule, level, message, file: toUri(file), line, fingerprint }
}

/** The line of the statement that names the object; else where the body begins. */
function findLine(body: DescribedBody, object: string): number {
  if (body.kind !== 'sql') return 1
  const statements = body.segments.flatMap((segment) => segment.statements)
  const name = object.split(/[\s."]+/).findLast((part) => part !== '') ?? object
  return (statements.find(names(name)) ?? statements[0])?.line ?? 1
}

function names(name: string) {
  return ({ sql }: DescribedStatement) => sql.toLowerCase().includes(name.toLowerCase())
}
