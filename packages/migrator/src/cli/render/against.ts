import { count } from '../../errors/list.ts'
import { printable } from '../../errors/printable.ts'
import type { AgainstText } from '../../inspect/reporter.ts'
import type { RequirementState } from '../../run/requirements.ts'
import {
  isRefused,
  type Against,
  type MigrationAgainst,
  type StatementAgainst,
} from '../../verify/against.ts'
import { renderFinding } from './lint.ts'
import { listLocks, OPAQUE } from './plan.ts'

/** What migrations mean for a real database: a paragraph for each, and a sentence where a run there would be refused. */
export function describeAgainst(against: Against): AgainstText {
  const lines = listLines(against)
  const refused = against.migrations.filter(isRefused)
  if (refused.length === 0) return { lines }
  const migrations = count(refused.length, 'migration')
  const refusal = `Against ${against.server}, ${migrations} would be refused or find no table.`
  return { lines, refusal }
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

function listLines({
  server,
  major,
  hasLedger,
  unknown,
  pendingBefore,
  migrations,
}: Against): string[] {
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
    ...missing.map((table) => `    ${table} ${NOT_THERE}`),
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
