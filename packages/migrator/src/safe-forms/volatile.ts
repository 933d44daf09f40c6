import type { Node } from '@pgsql/types'
import { readName } from '../sql/names.ts'
import { nodesIn } from '../sql/nodes.ts'

/** Functions of PostgreSQL that defaults call, and that have one value for a whole statement. */
const STEADY = new Set([
  'now',
  'transaction_timestamp',
  'statement_timestamp',
  'current_setting',
  'timezone',
  'date_trunc',
  'to_jsonb',
  'jsonb_build_object',
  'jsonb_build_array',
  'lower',
  'upper',
  'concat',
])

/** Whether a default may have another value in each row: it calls a function that is not known to be steady. */
export function variesByRow(node: Node): boolean {
  return nodesIn(node, 'FuncCall').some(
    ({ funcname }) => !STEADY.has(readName({ List: { items: funcname as Node[] } }).name),
  )
}
