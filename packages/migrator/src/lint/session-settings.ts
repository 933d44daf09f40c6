import type { Node } from '@pgsql/types'
import { listEarlier } from './neighbours.ts'
import type { Context, LintedStatement } from './rule.ts'

/** A setting as the statements before one have left it, in lower case; undefined where none has set it. */
export function findSetting(
  statement: LintedStatement,
  context: Pick<Context, 'script'>,
  setting: string,
): string | undefined {
  let value: string | undefined
  for (const { node } of listEarlier(statement, context)) {
    const set = readSetting(node)
    if (set?.name === setting) value = set.value
  }
  return value
}

/** What a plain SET says; undefined of every other statement. `value` is undefined where it is reset. */
export function readSetting(
  node: Node,
): { readonly name: string; readonly value?: string; readonly isLocal: boolean } | undefined {
  if (!('VariableSetStmt' in node)) return undefined
  const { name = '', args: [arg] = [], is_local: isLocal = false } = node.VariableSetStmt
  if (!arg || !('A_Const' in arg)) return { name, isLocal }
  const { ival, sval, fval } = arg.A_Const
  const value = ival ? String(ival.ival ?? 0) : (sval?.sval ?? fval?.fval ?? '')
  return { name, value: value.toLowerCase(), isLocal }
}
