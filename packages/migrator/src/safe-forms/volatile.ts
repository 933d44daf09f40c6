import type { Node } from '@pgsql/types'

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
  const called = JSON.stringify(node).matchAll(/"FuncCall":\{"funcname":(\[.*?\])/g)
  return [...called].some(([, names = '']) => {
    const name = [...names.matchAll(/"sval":"([^"]*)"/g)].at(-1)?.[1] ?? ''
    return !STEADY.has(name)
  })
}
