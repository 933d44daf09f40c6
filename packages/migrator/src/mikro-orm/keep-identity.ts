import { failure } from '../errors/index.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { sequenceName } from '../known/known-table.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { isIdentity, type TypedColumn } from './written-types.ts'

/** A column that may be counted, as MikroORM's comparator knows it. */
export interface CountedColumn extends TypedColumn {
  readonly autoincrement?: boolean
}

export interface NamedTable {
  readonly name: string
  readonly schema?: string
  getShortestName(): string
}

/** Of what changes in the tables, the columns. */
export interface IdentityChange {
  readonly changedTables: Readonly<
    Record<
      string,
      { readonly toTable: NamedTable; readonly changedColumns: Readonly<Record<string, Changed>> }
    >
  >
}

interface Changed {
  readonly fromColumn: CountedColumn
  readonly column: CountedColumn
  readonly changedProperties: ReadonlySet<string>
}

/** What a changed column has among its properties, beside those that MikroORM knows. */
const IDENTITY = 'identity'

/**
 * Compares two columns of which one is an identity, or both in another way: MikroORM would drop the column, with its values,
 * and add it again. Throws PROJECT_INVALID of one that gets another type as well.
 */
export function compareIdentity<Column extends CountedColumn, Rest extends unknown[]>(
  compare: (one: Column, other: Column, ...rest: Rest) => Set<string>,
  one: Column,
  other: Column,
  ...rest: Rest
): Set<string> {
  const were = [one, other].filter(isIdentity)
  if (were.length === 0 || one.generated === other.generated) return compare(one, other, ...rest)
  const differs = compare(withoutCount(one), withoutCount(other), ...rest)
  if (!differs.has('type')) return differs.add(IDENTITY)
  const reason = `The column ${one.name} gets another type, and ${were.length === 2 ? 'another kind of identity' : isIdentity(one) ? 'is an identity no longer' : 'becomes an identity'}. Change one after the other.`
  throw failure('PROJECT_INVALID', { reason })
}

function withoutCount<Column extends CountedColumn>(column: Column): Column {
  return { ...column, generated: undefined, autoincrement: undefined }
}

/** The statements by which columns become identities, or are none any more. */
export function writeIdentities(
  { changedTables }: IdentityChange,
  nameOf: (table: NamedTable) => { readonly name: string; readonly schema: string | undefined },
  known: KnownObjects,
): string[] {
  return Object.values(changedTables).flatMap(({ toTable, changedColumns }) => {
    const { name, schema } = nameOf(toTable)
    const table = { name, ...(schema !== undefined && { schema }) }
    return Object.values(changedColumns).flatMap(({ fromColumn, column, changedProperties }) => {
      if (!changedProperties.has(IDENTITY)) return []
      const sequence = known.table(table)?.sequences.get(column.name)
      const counts = sequence ?? sequenceName(table, column.name) ?? ''
      const alter = `alter column ${quoteName(column.name)}`
      return [
        `alter table ${quoteName(name, schema)} ${writeChange(fromColumn, column, alter, quoteName(counts, schema))};`,
      ]
    })
  })
}

function writeChange(
  from: CountedColumn,
  column: CountedColumn,
  alter: string,
  sequence: string,
): string {
  const { generated, autoincrement = false } = column
  if (isIdentity(column)) {
    const kind = generated?.startsWith('by default') ? 'by default' : 'always'
    return `${alter} ${isIdentity(from) ? `set generated ${kind}` : `add generated ${kind} as identity`}`
  }
  const counts = `, ${alter} set default nextval(${quoteLiteral(sequence)}::regclass)`
  return `${alter} drop identity${autoincrement ? counts : ''}`
}
