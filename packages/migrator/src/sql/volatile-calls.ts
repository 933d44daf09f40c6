import type { Node } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { readName } from './names.ts'
import { nodesIn } from './nodes.ts'

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

/** The functions that a default calls and that are not known to be steady: it may have another value in each row. */
export function listVolatileCalls(value: Node | undefined): Name[] {
  return nodesIn(value, 'FuncCall')
    .map(({ funcname }) => readName({ List: { items: funcname as Node[] } }))
    .filter(({ schema = 'pg_catalog', name }) => schema !== 'pg_catalog' || !STEADY.has(name))
}
