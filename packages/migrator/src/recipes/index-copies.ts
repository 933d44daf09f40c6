import type { IndexStmt } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { renameColumn } from '../known/known-renames.ts'
import type { KnownTable } from '../known/known-table.ts'
import type { Name } from '../migration.ts'
import { nodesIn } from '../sql/nodes.ts'
import { columnsIn } from '../phase/release.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { freeName } from '../safe-forms/table.ts'

/** An index like that of one column, of another. */
export interface IndexCopy {
  readonly make: string
  readonly drop: string
}

/** A column and its second name. */
interface Renamed {
  readonly from: string
  readonly to: string
}

/** What is found by the old columns is found by the new ones, and what ON CONFLICT may name; built beside writes. */
export async function copyIndexes(
  known: KnownObjects,
  table: Name,
  columns: readonly Renamed[],
): Promise<IndexCopy[]> {
  const there = known.table(table)
  const copies: IndexCopy[] = []
  const taken = new Set<string>()
  for (const [name, definition] of there ? listDefinitions(there, table) : []) {
    const own = columns.filter(({ from }) => isOf(definition, from))
    if (own.length === 0) continue
    const idxname = freeName(
      `${name}_new`,
      (one) => taken.has(one) || known.ownerOf({ name: one }) !== undefined,
    )
    taken.add(idxname)
    const renamed = own.reduce(
      (index, { from, to }) => renameColumn(index, from, to, false),
      definition,
    )
    const index = { ...renamed, idxname, concurrent: true }
    copies.push({
      make: `${await deparseSql([{ IndexStmt: index }])};`,
      drop: `drop index concurrently ${quoteName(idxname, table.schema)};`,
    })
  }
  return copies
}

/** Of a key PostgreSQL has made the index. */
function listDefinitions(
  { indexes, constraints }: KnownTable,
  table: Name,
): (readonly [string, IndexStmt])[] {
  return [...indexes].flatMap(([name, { columns, definition }]) => {
    if (definition) return [[name, definition] as const]
    const { type, definition: constraint } = constraints.get(name) ?? {}
    if (type !== 'CONSTR_UNIQUE' && type !== 'CONSTR_PRIMARY') return []
    const relation = {
      relname: table.name,
      inh: true,
      ...(table.schema && { schemaname: table.schema }),
    }
    const made: IndexStmt = {
      relation,
      accessMethod: 'btree',
      unique: true,
      indexParams: columns.map((column) => ({
        IndexElem: {
          name: column,
          ordering: 'SORTBY_DEFAULT',
          nulls_ordering: 'SORTBY_NULLS_DEFAULT',
        },
      })),
      ...(constraint?.nulls_not_distinct && { nulls_not_distinct: true }),
    }
    return [[name, made] as const]
  })
}

function isOf(index: IndexStmt, column: string): boolean {
  const { indexParams = [], indexIncludingParams = [], whereClause } = index
  const named = nodesIn([...indexParams, ...indexIncludingParams], 'IndexElem')
  return (
    named.some(({ name }) => name === column) ||
    columnsIn([indexParams, whereClause ?? []]).includes(column)
  )
}
