import type { Node } from '@pgsql/types'
import { readName } from './names.ts'

/** How long what a statement plainly sets holds: SET, RESET, `select set_config(…)` of constants. */
export function settingScope(node: Node): 'session' | 'transaction' | undefined {
  if ('VariableSetStmt' in node) {
    // SET TRANSACTION and its like are about transactions, which are the runner's.
    if (node.VariableSetStmt.kind === 'VAR_SET_MULTI') return undefined
    return node.VariableSetStmt.is_local ? 'transaction' : 'session'
  }
  const scopes = calls(node).map(scopeOfCall)
  if (scopes.length === 0 || scopes.includes(undefined)) return undefined
  return scopes.includes('session') ? 'session' : 'transaction'
}

/** The expressions of a SELECT that is nothing else. */
function calls(node: Node): (Node | undefined)[] {
  if (!('SelectStmt' in node)) return []
  const { targetList = [], op: _op, limitOption: _limit, ...rest } = node.SelectStmt
  if (Object.keys(rest).length > 0) return []
  return targetList.map((target) => ('ResTarget' in target ? target.ResTarget.val : undefined))
}

function scopeOfCall(node: Node | undefined): 'session' | 'transaction' | undefined {
  if (!node || !('FuncCall' in node)) return undefined
  const { funcname = [], args = [] } = node.FuncCall
  const { schema = 'pg_catalog', name } = readName({ List: { items: funcname } })
  if (schema !== 'pg_catalog' || name !== 'set_config') return undefined
  const constants = args.flatMap((arg) => ('A_Const' in arg ? [arg.A_Const] : []))
  const [, , isLocal] = constants
  if (constants.length !== 3 || !isLocal || !('boolval' in isLocal)) return undefined
  return isLocal.boolval?.boolval === true ? 'transaction' : 'session'
}
