import type { Node, RangeVar } from '@pgsql/types'
import { isNumbered, listAddedColumns, listCommands, readPreset } from '../known/parts.ts'
import type { Name } from '../migration.ts'
import { columnKey, columnsIn, toKey, toName } from '../phase/release.ts'
import { isRecord } from '../sql/nodes.ts'
import { deparseSql, parseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { findRenaming } from '../sql/renaming.ts'
import { listVolatileCalls } from '../sql/volatile-calls.ts'

interface Origin {
  /** The name that the table has before the migration. */
  readonly from: Name
  /** By the name that it gets: what a column is made of, in the names before. */
  readonly columns: Map<string, Node>
}

/** What tables and columns that a migration renames, or computes, are made of: a query before it reads that. */
export class Origins {
  readonly #tables = new Map<string, Origin>()

  copy(): Origins {
    const origins = new Origins()
    for (const [key, { from, columns }] of this.#tables)
      origins.#tables.set(key, { from, columns: new Map(columns) })
    return origins
  }

  add(node: Node): void {
    const renaming = findRenaming(node)
    if (renaming && 'to' in renaming) {
      const { from, to, column } = renaming
      const origin = this.#of(from)
      this.#tables.delete(toKey(from))
      this.#tables.set(toKey(to), origin)
      if (!column) return
      const made = origin.columns.get(column.from) ?? toColumn(column.from)
      origin.columns.delete(column.from)
      origin.columns.set(column.to, made)
    }
    // Of another type its values are others.
    for (const { table, name } of listCommands(node, 'AlterColumnType', 'DropColumn'))
      this.#of(table).columns.delete(name)
    for (const added of listAddedColumns(node)) {
      const { table, name, column, constraints } = added
      const value = readPreset(constraints)
      const { columns } = this.#of(table)
      const isOfNews = columnsIn(value).some((one) => columns.has(one))
      const isSteady = listVolatileCalls(value).length === 0
      if (!column.typeName || isOfNews || !isSteady || isNumbered(added)) continue
      const arg = value ?? { A_Const: { isnull: true } }
      columns.set(name, { TypeCast: { arg, typeName: column.typeName } })
      this.#tables.set(toKey(table), this.#of(table, columns))
    }
  }

  #of(table: Name, columns = new Map<string, Node>()): Origin {
    return this.#tables.get(toKey(table)) ?? { from: table, columns }
  }

  /** What a query may name although a migration makes it. */
  has(key: string): boolean {
    for (const [table, { columns }] of this.#tables) {
      if (table === key) return true
      const [schema, name] = JSON.parse(table) as [string, string]
      for (const column of columns.keys())
        if (columnKey({ schema, name }, column) === key) return true
    }
    return false
  }

  /** A query as it reads what there is before the migration. */
  async place(query: string): Promise<string> {
    const [parsed] = await parseSql(query)
    if (!parsed || this.#tables.size === 0) return query
    const node = structuredClone(parsed.node)
    const isPlaced = await this.#placeIn(node)
    return isPlaced ? (await deparseSql([node])).replaceAll(/\s*\n\s*/g, ' ') : query
  }

  async #placeIn(value: unknown): Promise<boolean> {
    if (Array.isArray(value)) {
      let isPlaced = false
      for (const [n, one] of value.entries()) {
        const origin = isRangeVar(one) ? this.#tables.get(toKey(toName(one.RangeVar))) : undefined
        if (origin) value[n] = await writeOrigin(one.RangeVar, origin)
        isPlaced = (origin ? true : await this.#placeIn(one)) || isPlaced
      }
      return isPlaced
    }
    if (!isRecord(value)) return false
    let isPlaced = false
    for (const one of Object.values(value)) isPlaced = (await this.#placeIn(one)) || isPlaced
    return isPlaced
  }
}

const toColumn = (name: string): Node => ({
  ColumnRef: { fields: [{ String: { sval: name } }] },
})

function isRangeVar(node: unknown): node is { readonly RangeVar: RangeVar } {
  return isRecord(node) && 'RangeVar' in node
}

/** The table with the columns that it will have, in the place of its name. */
async function writeOrigin(
  { alias, relname = '', inh }: RangeVar,
  { from, columns }: Origin,
): Promise<Node | undefined> {
  const list = ['*']
  for (const [name, value] of columns) list.push(`${await deparseSql(value)} as ${quoteName(name)}`)
  const source = `${inh ? '' : 'only '}${quoteName(from.name, from.schema)}`
  const as = quoteName(alias?.aliasname ?? relname)
  const [read] = await parseSql(`select from (select ${list.join(', ')} from ${source}) as ${as}`)
  return read && 'SelectStmt' in read.node ? read.node.SelectStmt.fromClause?.[0] : undefined
}
