import { count } from '../../errors/list.ts'
import { printable } from '../../errors/printable.ts'
import type { RequirementState } from '../../run/requirements.ts'
import {
  isRefused,
  type Against,
  type MigrationAgainst,
  type StatementAgainst,
} from '../../verify/against.ts'
import { renderFinding } from './lint.ts'
import { listLocks, OPAQUE } from './plan.ts'

/** What migrations mean for a real database: a paragraph for each. */
export function renderAgainst(against: Against): string[] {
  const { server, major, hasLedger, unknown, pendingBefore, migrations } = against
  return [
    `Against ${server} (PostgreSQL ${major}), as it is now:`,
    ...(hasLedger ? [] : ['  No migration was ever recorded there.']),
    ...(unknown.length > 0
      ? [`  It has migrations that this project does not know: ${unknown.join(', ')}.`]
      : []),
    ...(pendingBefore.length > 0 ? [`  Before these it needs: ${pendingBefore.join(', ')}.`] : []),
    ...migrations.flatMap(renderMigration),
  ]
}

function renderMigration(migration: MigrationAgainst): string[] {
  const { name, state, statements, missing, findings, requirements } = migration
  if (state === 'applied') return [`  ${name}: it is applied there already`]
  return [
    `  ${name}: ${state === 'begun' ? 'an earlier run has begun it and not completed it' : state}`,
    ...missing.map((table) => `    ${table} is not there, although the migrations before say so`),
    ...statements.flatMap(renderStatement),
    ...requirements.map(renderRequirement),
    ...findings.flatMap((one) => renderFinding('', one).replace(/^: /, '').split('\n').map(indent)),
  ]
}

/** What locks nothing that is there hinders nobody. */
function renderStatement({ sql, locks, isOpaque }: StatementAgainst): string[] {
  const lines = [...listLocks(locks), ...(isOpaque ? [OPAQUE] : [])]
  if (lines.length === 0) return []
  return [...printable(sql).split('\n').map(indent), ...lines.map((line) => `    - ${line}`)]
}

function renderRequirement(requirement: RequirementState): string {
  const { says } = requirement
  if (requirement.state === 'holds') return `    required, and so: ${says}`
  if (requirement.state === 'unread')
    return `    required, and not read (${requirement.reason}): ${says}`
  return `    required, and not so, up would be refused: ${says}`
}

function indent(line: string): string {
  return `    ${line}`
}

/** A line for the end; undefined where nothing would be refused there. */
export function describeRefusals(against: Against): string | undefined {
  const refused = against.migrations.filter(isRefused)
  if (refused.length === 0) return undefined
  return `Against ${against.server}, ${count(refused.length, 'migration')} would be refused or find no table.`
}
