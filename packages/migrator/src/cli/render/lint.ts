import { relative, sep } from 'node:path'
import type { PlacedFinding } from '../../inspect/lint.ts'
import type { LintFinding } from '../../lint/lint.ts'
import { printable } from '../../errors/printable.ts'
import { sha256 } from '../../sql/checksum.ts'
import { count } from '../../errors/list.ts'
import type { SarifResult, SarifRule } from './sarif.ts'

/** Findings as a person reads them, or as services that show them in a review do. */
export async function renderLint(
  findings: readonly PlacedFinding[],
  format: 'text' | 'sarif' | 'github' | 'gitlab',
): Promise<string> {
  const placed = findings.map((one) => ({ ...one, file: toUri(one.file) }))
  switch (format) {
    case 'sarif': {
      const { makeSarif } = await import('./sarif.ts')
      const sarif = makeSarif('migrate lint', placed.map(toSarif), (rule) => describe(rule, placed))
      return `${JSON.stringify(sarif, undefined, 2)}\n`
    }
    case 'github':
      return placed.map((one) => `${annotate(one)}\n`).join('')
    case 'gitlab':
      return `${JSON.stringify(placed.map(toCodeQuality), undefined, 2)}\n`
    default:
      return [
        ...placed.map((one) => renderFinding(`${one.file}:${one.line}`, one)),
        renderVerdict(placed),
      ]
        .map((text) => `${text}\n`)
        .join('')
  }
}

function toSarif(finding: PlacedFinding): SarifResult {
  const { rule, level, says, instead, corrected, file, line, statement = '' } = finding
  const written = corrected ? `\n${corrected.statements.join('\n')}` : ''
  const fingerprint = fingerprintOf(file, rule, says, statement)
  return { rule, level, message: `${says} ${instead}${written}`, file, line, fingerprint }
}

function describe(rule: string, findings: readonly PlacedFinding[]): SarifRule {
  const first = findings.find((one) => one.rule === rule)
  return { full: first?.why ?? '', help: first?.instead ?? '', tags: first?.hazards ?? [] }
}

/** From the folder that this was started in, which is the root of the repository in CI. */
export function toUri(path: string): string {
  return relative(process.cwd(), path).split(sep).join('/')
}

/** What is wrong at a place, why, and what to write there. */
export function renderFinding(
  place: string,
  { level, rule, says, why, instead, corrected }: Omit<LintFinding, 'script' | 'line'>,
): string {
  const written = corrected
    ? [
        ...corrected.requires.map(({ query }) => `-- requires: ${query}`),
        ...corrected.statements.map((sql) => sql.replaceAll('\n', '\n    ')),
      ]
    : []
  const lines = [`${place}: ${level}: ${says} [${rule}]`, `  ${why}`, `  ${instead}`]
  return printable([...lines, ...written.map((sql) => `    ${sql}`)].join('\n'))
}

function renderVerdict(findings: readonly PlacedFinding[]): string {
  if (findings.length === 0) return 'No rule has found anything.'
  const errors = findings.filter(({ level }) => level === 'error').length
  return `${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}.`
}

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
function annotate({ file, line, level, rule, says, instead }: PlacedFinding): string {
  const property = (text: string) => escape(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
  return `::${level} file=${property(file)},line=${line},title=${property(rule)}::${escape(`${says}\n${instead}`)}`
}

function escape(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

/** https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format */
function toCodeQuality({ file, line, level, rule, says, instead, statement = '' }: PlacedFinding) {
  return {
    description: `${says} ${instead}`,
    check_name: rule,
    fingerprint: fingerprintOf(file, rule, says, statement),
    severity: level === 'error' ? 'major' : 'minor',
    location: { path: file, lines: { begin: line } },
  }
}

/** The same for the same finding, wherever it moves to in its file. */
export function fingerprintOf(...parts: readonly string[]): string {
  return sha256(JSON.stringify(parts))
}
