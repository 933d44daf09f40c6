import type { DropStmt, IndexStmt, Node } from '@pgsql/types'
import { deparseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { columnsIn } from './columns.ts'
import { noDuplicates } from './pre-checks.ts'
import { ended, type SafeForm } from './safe-form.ts'
import { tableOf } from './table.ts'

/** CREATE INDEX holds up every write of its table while it builds; CONCURRENTLY holds up none. */
export async function indexSafely(index: IndexStmt, sql: string): Promise<SafeForm> {
  const { idxname, relation, unique, indexParams = [], whereClause, nulls_not_distinct } = index
  // The parser leaves out what is false: ONLY, of a partitioned table.
  const isOne = relation?.inh === true && idxname !== undefined
  if (!isOne || index.concurrent) return { statements: [ended(sql)] }
  const statements = [ended(sql.replace(/^create\s+(unique\s+)?index/i, '$& concurrently'))]
  if (!unique) return { statements, isAlone: true }
  const keys = await Promise.all(indexParams.map(keyOf))
  const check = noDuplicates({
    table: tableOf(relation),
    name: idxname,
    keys,
    columns: columnsIn([...indexParams, ...(whereClause ? [whereClause] : [])]),
    where: whereClause && (await deparseSql(whereClause)),
    areNullsEqual: nulls_not_distinct === true,
  })
  return { statements, requires: [check], isAlone: true }
}

async function keyOf(param: Node): Promise<string> {
  if (!('IndexElem' in param)) return ''
  const { name, expr } = param.IndexElem
  if (name !== undefined) return quoteName(name)
  return expr ? `(${await deparseSql(expr)})` : ''
}

/** DROP INDEX waits for every query of its table, and all others wait behind it. */
export function dropIndexSafely(drop: DropStmt, sql: string): SafeForm {
  const { removeType, concurrent, objects = [], behavior } = drop
  const isOne = removeType === 'OBJECT_INDEX' && objects.length === 1
  if (!isOne || concurrent || behavior === 'DROP_CASCADE') return { statements: [ended(sql)] }
  return {
    statements: [ended(sql.replace(/^drop\s+index/i, '$& concurrently'))],
    isAlone: true,
  }
}
