import type { Node } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { toKey } from '../phase/release.ts'
import type { Context, LintedStatement } from './rule.ts'

/** The statements of the script before one. */
export function listEarlier(
  statement: LintedStatement,
  { script }: Pick<Context, 'script'>,
): readonly LintedStatement[] {
  return script.slice(0, script.indexOf(statement))
}

/** The statements of the script after one. */
export function listLater(
  statement: LintedStatement,
  { script }: Pick<Context, 'script'>,
): readonly LintedStatement[] {
  return script.slice(script.indexOf(statement) + 1)
}

/** The keys of the objects that `read` finds in statements. */
export function keysIn(
  statements: readonly LintedStatement[],
  read: (node: Node) => Name | undefined,
): ReadonlySet<string> {
  const names = statements.flatMap(({ node }) => read(node) ?? [])
  return new Set(names.map(toKey))
}
