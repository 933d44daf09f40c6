import type { DescribedMigration } from '../../inspect/described-migration.ts'
import type { Proof } from '../../inspect/reporter.ts'
import { LOCK_MODES } from '../../migration.ts'
import type { WordStep } from '../../errors/next-step.ts'
import type { VerifiedMigration } from '../../verify/report.ts'
import type { Verdict } from '../../verify/verdict.ts'
import { code, cutLines, fence, plain } from './markdown-text.ts'
import { renderMigration } from './verified.ts'

/** GitHub takes comments of 65,536 characters, GitLab larger ones. */
const MOST = 64_000
/** What a migration, and what the table, may take of that. */
const MOST_OF_ONE = 12_000
const MOST_OF_TABLE = 20_000
const MOST_LOCKS = 3

/** By which a workflow finds the comment that it has to update. */
const MARK = '<!-- migrate verify -->'

interface Row {
  readonly described: DescribedMigration
  /** Absent of one that was not reached. */
  readonly verified: VerifiedMigration | undefined
}

/** A comment for a pull request: the verdict, a table of the migrations, and what there is to say of each, folded. */
export function renderVerifiedMarkdown(
  { report, migrations, judgement, against }: Proof,
  word: WordStep,
): string {
  const rows = migrations.map((described) => {
    const verified = report.migrations.find(({ name }) => name === described.name)
    return { described, verified }
  })
  const head = `${MARK}\n### ${SIGNS[judgement.verdict]} ${plain(judgement.says.join(' '))}`
  if (rows.length === 0) return `${head}\n`
  const fixtures =
    report.fixtures === 'not loaded'
      ? ['`tests/fixtures.sql` was not loaded: it needs something that no verified migration made.']
      : []
  const start = [head, renderTable(rows), ...fixtures, ...renderAgainst(against?.lines ?? [])]
  const details = rows.toSorted(byGravity).map((row) => renderDetails(row, word))
  return `${fit(start, details).join('\n\n')}\n`
}

/** The gravest come first, so that they are not what is cut. */
function byGravity(a: Row, b: Row): number {
  return gravity(a) - gravity(b)
}

const VERDICTS: readonly Verdict[] = ['faulty', 'not reached', 'unproved', 'holds']

function gravity(row: Row): number {
  return VERDICTS.indexOf(verdictOf(row))
}

function verdictOf({ verified }: Row): Verdict {
  return verified?.verdict ?? 'not reached'
}

const SIGNS = { faulty: '❌', 'not reached': '❌', unproved: '⚠️', holds: '✅' } as const

/** What does not fit is left out and counted. */
function fit(start: readonly string[], details: readonly string[]): string[] {
  const parts = [...start]
  let length = start.join('\n\n').length
  let cut = 0
  for (const one of details) {
    const isTooLong = length + one.length > MOST
    if (isTooLong) cut += 1
    else {
      parts.push(one)
      length += one.length + 2
    }
  }
  const says = `The details of ${cut} of ${details.length} migrations are cut here: the page has them all.`
  return cut > 0 ? [...parts, says] : parts
}

function renderAgainst(lines: readonly string[]): string[] {
  if (lines.length === 0) return []
  const text = fence('text', cutLines(lines.join('\n'), MOST_OF_ONE))
  return [`<details>\n<summary>Against a real database</summary>\n\n${text}\n\n</details>`]
}

function renderTable(rows: readonly Row[]): string {
  const lines = [
    '| migration | phase | verdict | worst stall | strongest locks |',
    '|---|---|---|---|---|',
  ]
  let length = 0
  for (const [i, row] of rows.entries()) {
    const line = renderRow(row)
    length += line.length
    if (length > MOST_OF_TABLE) {
      lines.push(`| … ${rows.length - i} more | | | | |`)
      break
    }
    lines.push(line)
  }
  return lines.join('\n')
}

function renderRow(row: Row): string {
  const { described, verified } = row
  const stall = verified?.stall
  const cells = [
    code(described.name),
    described.phase,
    `${SIGNS[verdictOf(row)]} ${verdictOf(row)}`,
    stall ? `reader ${stall.reader} ms, writer ${stall.writer} ms` : '–',
    renderLocks(described),
  ]
  return `| ${cells.join(' | ')} |`
}

function renderLocks({ up }: DescribedMigration): string {
  if (up.kind !== 'sql') return up.kind === 'code' ? 'code: not known' : '–'
  const statements = up.segments.flatMap((segment) => segment.statements)
  const lines = statements
    .flatMap(({ locks }) => locks.filter(({ isConditional }) => !isConditional))
    .toSorted((a, b) => LOCK_MODES.indexOf(b.mode) - LOCK_MODES.indexOf(a.mode))
    .map(({ mode, on }) => `${mode} ${code(on)}`)
  const unique = [...new Set(lines)]
  const more = unique.length - MOST_LOCKS
  const isOpaque = statements.some(({ hasUnknownLocks }) => hasUnknownLocks)
  const shown = [
    ...unique.slice(0, MOST_LOCKS),
    ...(more > 0 ? [`${more} more`] : []),
    ...(isOpaque ? ['others that its text does not tell'] : []),
  ]
  return shown.length > 0 ? shown.join('<br>') : 'none that hinders reads or writes'
}

function renderDetails({ described, verified }: Row, word: WordStep): string {
  const found = verified
    ? renderMigration(verified, word).join('\n')
    : `${described.name}: not reached`
  const parts = [
    fence('text', cutLines(found, MOST_OF_ONE / 2)),
    ...renderHazards(described),
    ...renderUp(described),
    ...renderRollback(described),
  ]
  return [
    `<details${isGrave(verified) ? ' open' : ''}>`,
    `<summary>${code(described.name)}: ${verified?.verdict ?? 'not reached'}</summary>`,
    '',
    parts.join('\n\n'),
    '',
    '</details>',
  ].join('\n')
}

function isGrave(verified: VerifiedMigration | undefined): boolean {
  return verified?.verdict === 'faulty'
}

function renderHazards({ hazards, allow }: DescribedMigration): string[] {
  const lines = [
    ...hazards.map(({ level, says, rule }) => `${level}: ${says} [${rule}]`),
    ...Object.entries(allow).map(([rule, why]) => `allowed: ${rule}: ${why}`),
  ]
  return lines.length > 0 ? [fence('text', cutLines(lines.join('\n'), MOST_OF_ONE / 6))] : []
}

function renderUp({ up }: DescribedMigration): string[] {
  if (up.kind === 'code') return ['`up` is code.']
  if (up.kind === 'none') return []
  const sql = up.segments.flatMap(({ mode, statements }, i) => [
    ...(i > 0 ? [''] : []),
    mode === 'outside' ? '-- outside a transaction' : '-- one transaction',
    ...statements.map(({ sql: text }) => `${text};`),
  ])
  return [fence('sql', cutLines(sql.join('\n'), MOST_OF_ONE / 4))]
}

function renderRollback({ down, downLoses }: DescribedMigration): string[] {
  if (down.kind !== 'sql' || downLoses.length === 0) return []
  const lines = ['A rollback takes away:', ...downLoses.map((one) => `- ${one}`)]
  return [fence('text', cutLines(lines.join('\n'), MOST_OF_ONE / 12))]
}
