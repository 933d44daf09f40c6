import {
  lastName,
  splitIdentity,
  toIdentity,
  type Catalog,
  type ObjectOf,
} from '@techfacts/migrator/catalog'
import { indexParts, type Parts } from './parts.ts'
import type { Column, EnumType, Note, Picture, Reference, Table } from './model.ts'

/**
 * Makes a picture of a whole schema. A partition is a line of the table that it is part of, unless it has a foreign key of
 * its own or is referred to; views and functions are in no picture of keys.
 */
export function toPicture({ objects }: Catalog): Picture {
  const parts = indexParts(objects)
  const references = parts.foreignKeys.map((key) => toReference(key, parts))
  const tables = parts.tables.map((table) => toTable(table, parts))
  const elsewhere = findElsewhere(parts)
  return { tables: [...tables, ...elsewhere], references, enums: toEnums(parts) }
}

function toTable(table: ObjectOf<'table'>, parts: Parts): Table {
  const { identity, comment } = table
  const keys = parts.uniqueKeys.get(identity) ?? []
  return {
    identity,
    columns: orderColumns(
      (parts.columns.get(identity) ?? []).map((column) => toColumn(column, parts)),
      parts.positions,
    ),
    uniqueKeys: keys.filter(({ columns }) => columns.length > 1),
    notes: describe(table, parts),
    ...(comment !== undefined && { comment }),
  }
}

function toColumn(column: ObjectOf<'column'>, parts: Parts): Column {
  const { identity, of, type, notNull = false, comment } = column
  const name = lastName(identity)
  const has = (keys: readonly { readonly columns: readonly string[] }[] = []) =>
    keys.some(({ columns }) => columns.includes(name))
  const alone = (parts.uniqueKeys.get(of) ?? []).filter(({ columns }) => columns.length === 1)
  const value = column.default ?? column.generatedAs
  return {
    identity,
    name,
    type,
    isNotNull: notNull,
    isPrimary: has(parts.primaryKeys.get(of)),
    isForeign: has(parts.foreignKeysOf.get(of)),
    isUnique: has(alone),
    ...(value !== undefined && { default: value }),
    ...(comment !== undefined && { comment }),
  }
}

/** As the table has them; where the catalog does not say (a recorded one does not), keys first. */
function orderColumns(
  columns: readonly Column[],
  positions: ReadonlyMap<string, number>,
): readonly Column[] {
  const rank = ({ identity, isPrimary, isForeign }: Column) =>
    positions.get(identity) ?? (isPrimary ? 0 : isForeign ? 1 : 2)
  return [...columns].sort((a, b) => rank(a) - rank(b))
}

function describe(table: ObjectOf<'table'>, parts: Parts): Note[] {
  const { identity, partitionBy, partitionOf, inherits = [] } = table
  const count = parts.folded.get(identity) ?? 0
  const partitions = count === 1 ? '1 partition' : `${count} partitions`
  return [
    ...(partitionBy === undefined ? [] : [{ text: `${partitions} by ${partitionBy}` }]),
    ...(partitionOf === undefined ? [] : [{ text: `partition of ${partitionOf}` }]),
    ...inherits.map((parent) => ({ text: `inherits ${parent}` })),
  ]
}

function toReference(key: ObjectOf<'constraint'>, parts: Parts): Reference {
  const { identity, of, columns = [], references = '', referencedColumns = [] } = key
  const keys = [...(parts.primaryKeys.get(of) ?? []), ...(parts.uniqueKeys.get(of) ?? [])]
  return {
    identity,
    from: of,
    columns,
    to: references,
    referencedColumns,
    isOptional: columns.some((name) => !parts.notNull.has(`${of}.${toIdentity(name)}`)),
    isUnique: keys.some((one) => one.columns.every((name) => columns.includes(name))),
    ...(key.onDelete !== undefined && { onDelete: key.onDelete }),
    ...(key.onUpdate !== undefined && { onUpdate: key.onUpdate }),
  }
}

/** What foreign keys refer to in a schema that was left out. */
function findElsewhere({ foreignKeys, tables }: Parts): Table[] {
  const known = new Set(tables.map(({ identity }) => identity))
  const unknown = foreignKeys.filter(({ references = '' }) => !known.has(references))
  return [...Map.groupBy(unknown, ({ references = '' }) => references)].map(([identity, keys]) => ({
    identity,
    columns: [...new Set(keys.flatMap(({ referencedColumns = [] }) => referencedColumns))].map(
      (name) => ({
        identity: `${identity}.${toIdentity(name)}`,
        name,
        type: '',
        isNotNull: true,
        isPrimary: false,
        isForeign: false,
        isUnique: true,
      }),
    ),
    uniqueKeys: [],
    notes: [{ text: 'not part of this schema' }],
    isElsewhere: true,
  }))
}

/** Those that a column has, alone or as an array. */
function toEnums({ enums, columns }: Parts): EnumType[] {
  const used = new Set([...columns.values()].flat().map(({ type }) => toNames(type)))
  return enums
    .filter(({ identity }) => used.has(toNames(identity)))
    .map(({ identity, labels = [] }) => ({ identity, labels: labels.map((text) => ({ text })) }))
}

/** A type's names, whoever has quoted them: PostgreSQL quotes its own words, and an identity does not. */
function toNames(type: string): string {
  return JSON.stringify(splitIdentity(type.replace(/(\[\])+$/, '')))
}
