import { quoteName } from '../sql/quote-name.ts'
import type { Place, Schema, Table } from './comparator.ts'

/** The statements by which a table gets another name, or goes to another schema. */
export function moveTable(from: Place, to: Place): string[] {
  const isMoved = from.schema !== to.schema
  const schema = quoteName(to.schema ?? 'public')
  return [
    ...(isMoved && to.schema !== undefined ? [`create schema if not exists ${schema};`] : []),
    ...(isMoved ? [`alter table ${quoteName(from.name, from.schema)} set schema ${schema};`] : []),
    ...(from.name === to.name
      ? []
      : [`alter table ${quoteName(from.name, to.schema)} rename to ${quoteName(to.name)};`]),
  ]
}

/** Gives a table of a schema the name of another, as if it had always had it. */
export function renameTable(schema: Schema, table: Table, target: Table): void {
  const [old, now] = [table, target].map((one) => [one.name, `${one.schema ?? ''}.${one.name}`])
  // The statement that renames a table is followed by one that renames its primary key.
  const [key, next] = [table, target].map((one) => `${one.name}_pkey`)
  table.setIndexes(
    table
      .getIndexes()
      .map((index) => (index.keyName === key && next ? { ...index, keyName: next } : index)),
  )
  table.name = target.name
  if (target.schema === undefined) delete table.schema
  else table.schema = target.schema
  const renamed = (one: string) => now?.[old?.indexOf(one) ?? -1] ?? one
  for (const key of schema.getTables().flatMap((one) => Object.values(one.getForeignKeys()))) {
    key.localTableName = renamed(key.localTableName)
    key.referencedTableName = renamed(key.referencedTableName)
  }
}
