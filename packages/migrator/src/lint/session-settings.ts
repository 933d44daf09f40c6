import type { FuncCall, Node } from '@pgsql/types'
import { readName } from '../sql/names.ts'
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

interface Setting {
  readonly name: string
  /** Undefined where it is reset, or where the text does not say. */
  readonly value?: string
  readonly isLocal: boolean
}

/** What a plain SET, or a `select set_config(…)`, says; undefined of every other statement. */
export function readSetting(node: Node): Setting | undefined {
  if (!('VariableSetStmt' in node)) return readCall(node)
  const { name = '', args: [arg] = [], is_local: isLocal = false } = node.VariableSetStmt
  const value = readConstant(arg)
  return { name, ...(value !== undefined && { value }), isLocal }
}

/** The first of those in the list of a SELECT. */
function readCall(node: Node): Setting | undefined {
  const [call] = listCalls(node)
  const name = readConstant(call?.args?.[0])
  const [value, isLocal] = [readConstant(call?.args?.[1]), call?.args?.[2]]
  return name === undefined
    ? undefined
    : { name, ...(value !== undefined && { value }), isLocal: isTrue(isLocal) }
}

function listCalls(node: Node): FuncCall[] {
  const { targetList = [] } = 'SelectStmt' in node ? node.SelectStmt : {}
  return targetList.flatMap((target) => {
    const call = 'ResTarget' in target ? target.ResTarget.val : undefined
    if (!call || !('FuncCall' in call)) return []
    const { schema = 'pg_catalog', name } = readName({
      List: { items: call.FuncCall.funcname ?? [] },
    })
    return schema === 'pg_catalog' && name === 'set_config' ? [call.FuncCall] : []
  })
}

function readConstant(node: Node | undefined): string | undefined {
  if (!node || !('A_Const' in node)) return undefined
  const { ival, sval, fval } = node.A_Const
  const value = ival ? String(ival.ival ?? 0) : (sval?.sval ?? fval?.fval ?? '')
  return value.toLowerCase()
}

function isTrue(node: Node | undefined): boolean {
  return node !== undefined && 'A_Const' in node && node.A_Const.boolval?.boolval === true
}
