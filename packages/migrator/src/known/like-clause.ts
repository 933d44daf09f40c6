import type { CreateStmt } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { toKey, toName } from '../phase/release.ts'
import type { KnownTable } from './known-table.ts'

/** Bits of CREATE TABLE (LIKE … INCLUDING …), as PostgreSQL has them. */
const CONSTRAINTS = 1 << 2
const INDEXES = 1 << 6

/** What a table has from others that its definition is LIKE: columns with their types and NOT NULL, and what is included. */
export function learnLike(
  tables: ReadonlyMap<string, KnownTable>,
  name: Name,
  { tableElts = [] }: CreateStmt,
): void {
  const table = tables.get(toKey(name))
  for (const element of tableElts) {
    if (!('TableLikeClause' in element) || !table) continue
    const { relation, options = 0 } = element.TableLikeClause
    const source = tables.get(toKey(toName(relation)))
    for (const [column, { constraints: _, ...one }] of source?.columns ?? [])
      table.columns.set(column, one)
    for (const column of source?.required ?? []) table.required.add(column)
    for (const [constraint, one] of source?.constraints ?? []) {
      const isKept = one.type === 'CONSTR_CHECK' && (options & CONSTRAINTS) > 0
      if (isKept) table.constraints.set(constraint, { ...one, isValidated: true })
    }
    for (const { columns } of (options & INDEXES) > 0 ? (source?.indexes.values() ?? []) : [])
      table.indexes.set([name.name, ...columns, 'idx'].join('_'), { columns })
  }
}
