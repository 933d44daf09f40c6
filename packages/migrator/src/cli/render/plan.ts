import type { ExpectedLock, PlanFacts, SegmentFacts } from '../../inspect/plan-facts.ts'
import type { Preview } from '../../inspect/preview.ts'
import type { Direction, Migration } from '../../migration.ts'
import { findBackfill } from '../../plan/progress.ts'
import type { Segment } from '../../plan/segments.ts'
import { renderLosses } from './event.ts'
import { renderFinding } from './lint.ts'
import { renderPhase } from './phase.ts'
import { printable, printableName } from '../../errors/printable.ts'
import { count, size } from './words.ts'

/** A plan as a person reads it: migrations, segments, what they meet, and an `ending` that says how to run it. */
export function renderPlan(
  { plan, facts, findings = [], waiting = [] }: Preview,
  ending: string,
): string {
  const { direction, migrations } = plan
  if (migrations.length === 0) return 'Nothing to do.\n'
  const blocks = migrations.map(({ migration, segments, resumes }) => {
    const goesOn = resumes ? ', goes on from where it stopped' : ''
    return [
      `${migration.name} (${direction}, ${migration.phase}${goesOn})`,
      ...(direction === 'up' ? whyPhase(migration) : []),
      ...waiting.filter((step) => step.migration === migration.name).map(({ says }) => `  ${says}`),
      ...segments.map((segment) => renderSegment(segment, findFacts(segment, facts))),
    ].join('\n')
  })
  const found = findings.map((one) => renderFinding(printableName(one.migration), one))
  const unmet = describeUnmet(facts, direction)
  return `${[...blocks, ...describeLosses(facts), ...found, ...unmet, ending].join('\n\n')}\n`
}

/** What the migrations require, and the database does not have. */
export function describeUnmet(facts: PlanFacts | undefined, direction: Direction): string[] {
  const cannot = direction === 'down' ? 'cannot be reverted' : 'cannot run'
  return (facts?.unmet ?? []).map(
    ({ migration, says }) => `${printableName(migration)} ${cannot}: ${printable(says)}`,
  )
}

/** Empty for `expand`, which needs no reason. */
function whyPhase({ phase, breaks = [], phaseException: exception }: Migration): string[] {
  if (phase === 'expand' && exception === undefined) return []
  const report = { phase, breaks, ...(exception !== undefined && { exception }) }
  return renderPhase(report).map((line) => `  ${printableName(line)}`)
}

function findFacts({ migration, index }: Segment, facts: PlanFacts | undefined) {
  return facts?.segments.find((one) => one.migration === migration && one.segment === index)
}

function renderSegment(segment: Segment, facts: SegmentFacts | undefined): string {
  const isBatched = findBackfill(segment.statements) !== undefined
  const outside = isBatched ? 'in batches' : 'outside a transaction'
  const where = segment.mode === 'outside' ? outside : 'one transaction'
  const body = segment.run ? ['(code)'] : segment.statements.map(({ sql }) => sql)
  const indented = body.map((sql) => `    ${printable(sql).replaceAll('\n', '\n    ')}`)
  return [
    `  segment ${segment.index} of ${segment.of}, ${where}`,
    ...renderLocks(facts).map((line) => `  - ${printableName(line)}`),
    ...indented,
  ].join('\n')
}

/** Partitions come by the hundred. */
const MOST_LOCKS = 10

/** What a lock keeps others from. Weaker ones than these keep nobody from anything but other changes of the schema. */
const HINDERS: Partial<Record<ExpectedLock['mode'], string>> = {
  'SHARE UPDATE EXCLUSIVE': 'others read and write on',
  SHARE: 'nobody else writes',
  'SHARE ROW EXCLUSIVE': 'nobody else writes',
  EXCLUSIVE: 'nobody else writes',
  'ACCESS EXCLUSIVE': 'nobody else reads or writes',
}

const WORK = {
  scan: 'reads all of it',
  build: 'builds an index of it',
  rewrite: 'rewrites all of it',
} as const

export const OPAQUE = 'what else it locks, its text does not tell'

function renderLocks(facts: SegmentFacts | undefined): string[] {
  return [
    ...listLocks(facts?.locks ?? []),
    ...(facts?.inTheWay ?? []).map((line) => `in the way now: ${line}`),
    ...(facts?.isOpaque ? [OPAQUE] : []),
  ]
}

/** A line for each lock that hinders others, and how large is what it is on. */
export function listLocks(all: readonly ExpectedLock[]): string[] {
  const locks = all.filter(({ mode }) => HINDERS[mode] !== undefined)
  const more = locks.length - MOST_LOCKS
  const lines = locks.slice(0, MOST_LOCKS).map(renderLock)
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])]
}

/** `about 1,204,311 rows, 310 MB`. */
export function describeSize({ rows, bytes }: Pick<ExpectedLock, 'rows' | 'bytes'>): string {
  return rows === null ? size(bytes) : `about ${count(rows)} rows, ${size(bytes)}`
}

function renderLock({ relation, mode, work, rows, bytes }: ExpectedLock): string {
  const what = [`locks ${relation} ${mode}`, HINDERS[mode], ...(work ? [WORK[work]] : [])]
  const large = describeSize({ rows, bytes })
  return `${what.join(', ')} (${large})`
}

function describeLosses(facts: PlanFacts | undefined): string[] {
  if (!facts) return []
  if (facts.losses === undefined) {
    return ['What it throws away was not counted, since a table of it is locked: run this again.']
  }
  return facts.losses.length === 0 ? [] : [printable(renderLosses(facts.losses))]
}
