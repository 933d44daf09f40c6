import { renderSteps, type WordStep } from '../../errors/next-step.ts'
import { printable } from '../../errors/printable.ts'
import type { AgainstText } from '../../inspect/reporter.ts'
import type { RequirementState } from '../../run/requirements.ts'
import type { Against, MigrationAgainst, StatementAgainst } from '../../verify/against.ts'
import { renderFinding } from './lint.ts'
import { describeSize, listLocks, OPAQUE } from './plan.ts'

/** What migrations mean for a real database. */
export function describeAgainst(against: Against, word: WordStep): AgainstText {
  const sizes = against.migrations.flatMap(({ name: migration, statements }) =>
    statements.flatMap(({ sql, locks }) => {
      const lines = locks.map((one) => `${one.relation}: ${describeSize(one)}`)
      return lines.length > 0 ? [{ migration, sql, tables: [...new Set(lines)] }] : []
    }),
  )
  return { server: against.server, lines: listLines(against, word), sizes }
}

/** A paragraph for each migration. */
export function listLines(
  { server, major, hasLedger, unknown, pendingBefore, migrations }: Against,
  word: WordStep,
): string[] {
  return [
    `Against ${server} (PostgreSQL ${major}), as it is now:`,
    ...(hasLedger ? [] : ['  No migration was ever recorded there.']),
    ...(unknown.length > 0
      ? [`  It has migrations that this project does not know: ${unknown.join(', ')}.`]
      : []),
    ...(pendingBefore.length > 0 ? [`  Before these it needs: ${pendingBefore.join(', ')}.`] : []),
    ...migrations.flatMap((one) => renderMigration(one, word)),
  ]
}

/** Why a run there refuses a migration. */
export function listRefusals({ missing, requirements, findings }: MigrationAgainst): string[] {
  const errors = findings.filter(({ level }) => level === 'error')
  return [
    ...missing.map((table) => `${table} ${NOT_THERE}`),
    ...requirements.flatMap(({ state, says }) => (state === 'unmet' ? [says] : [])),
    ...errors.map(({ says }) => says),
  ]
}

const NOT_THERE = 'is not there, although the migrations before say so'

function renderMigration(migration: MigrationAgainst, word: WordStep): string[] {
  const { name, state, statements, missing, findings, requirements } = migration
  if (state === 'applied') return [`  ${name}: it is applied there already`]
  return [
    `  ${name}: ${state === 'begun' ? 'an earlier run has begun it and not completed it' : state}`,
    ...missing.map((table) => `    ${table} ${NOT_THERE}`),
    ...statements.flatMap(renderStatement),
    ...requirements.flatMap((one) => renderRequirement(one, word)),
    ...findings.flatMap((one) => renderFinding('', one).replace(/^: /, '').split('\n').map(indent)),
  ]
}

/** What locks nothing that is there hinders nobody. */
function renderStatement({ sql, locks, isOpaque }: StatementAgainst): string[] {
  const lines = [...listLocks(locks), ...(isOpaque ? [OPAQUE] : [])]
  if (lines.length === 0) return []
  return [...printable(sql).split('\n').map(indent), ...lines.map((line) => `    - ${line}`)]
}

function renderRequirement(requirement: RequirementState, word: WordStep): string[] {
  const { state, says } = requirement
  switch (state) {
    case 'holds':
      return [`    required, and so: ${says}`]
    case 'unmet':
      return [`    required, and not so, up would be refused: ${says}`]
    case 'later':
      return [`    required, and to be read once those before it have run: ${says}`]
    default: {
      const { reason, advice, next } = requirement
      const what = `    required, not read and so not proved (${reason}): ${says}`
      return [what, `      do: ${advice}`, ...renderSteps(next, word).map((one) => `      ${one}`)]
    }
  }
}

function indent(line: string): string {
  return `    ${line}`
}
