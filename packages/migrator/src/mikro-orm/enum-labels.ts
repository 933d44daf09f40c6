import type { Ways } from '../safe-forms/split-phases.ts'
import { fitName } from '../safe-forms/table.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'

interface NativeEnum {
  readonly name: string
  readonly schema?: string
  items: readonly string[]
}

interface EnumColumn {
  readonly name: string
  readonly type: string
  readonly nativeEnumName?: string
  readonly default?: string | null
  enumItems?: readonly string[]
}

interface EnumTable {
  readonly name: string
  readonly schema?: string
  getColumns(): readonly EnumColumn[]
}

export interface EnumSchema {
  getNativeEnums(): Record<string, NativeEnum>
  getTables(): readonly EnumTable[]
}

/** Of what changes in the tables, the columns: an enum without other labels is no change. */
export interface EnumChange {
  readonly changedTables: Readonly<
    Record<
      string,
      { readonly toTable: EnumTable; readonly changedColumns: Record<string, Changed> }
    >
  >
}

interface Changed {
  readonly column: EnumColumn
  readonly changedProperties: Set<string>
}

/** An enum of both schemas whose labels are not all there any more, or stand in another order. */
interface Lessened {
  readonly key: string
  readonly gone: readonly string[]
  readonly added: readonly string[]
}

export function listLessened(from: EnumSchema, to: EnumSchema): Lessened[] {
  return Object.entries(from.getNativeEnums()).flatMap(([key, { items }]) => {
    const now = to.getNativeEnums()[key]?.items ?? items
    const gone = items.filter((label) => !now.includes(label))
    const added = now.filter((label) => !items.includes(label))
    const [before, after] = [items, now].map((labels) =>
      labels.filter((label) => items.includes(label) && now.includes(label)),
    )
    const isMoved = before?.join('\0') !== after?.join('\0')
    return gone.length > 0 || isMoved ? [{ key, gone, added }] : []
  })
}

/**
 * Enums that go to another schema with their tables, as if they had always been there: MikroORM makes them there, and drops
 * those that columns are of. Returns the statements of both ways.
 */
export function moveEnums(from: EnumSchema, to: EnumSchema): Ways {
  const [up, down]: [string[], string[]] = [[], []]
  const [before, after] = [from.getNativeEnums(), to.getNativeEnums()]
  for (const [key, type] of Object.entries(before)) {
    const moved = Object.entries(after).filter(
      ([other, { name }]) => name === type.name && !(other in before),
    )
    const [[next, target] = [], ...others] = moved
    if (key in after || next === undefined || !target || others.length > 0) continue
    up.push(`alter type ${typeName(type)} set schema ${placeOf(target)};`)
    down.push(`alter type ${typeName(target)} set schema ${placeOf(type)};`)
    delete before[key]
    before[next] = { ...target, items: type.items }
  }
  return { up, down }
}

/** Gives a label another name, as if the schema had always had it so; returns the statements of both ways. */
export function renameLabel(schema: EnumSchema, key: string, old: string, name: string) {
  const renamed = (items: readonly string[]) => items.map((one) => (one === old ? name : one))
  const type = schema.getNativeEnums()[key]
  if (!type) return []
  type.items = renamed(type.items)
  for (const { column } of columnsOf(schema, key))
    column.enumItems = renamed(column.enumItems ?? [])
  const rename = (one: string, other: string) =>
    `alter type ${typeName(type)} rename value ${quoteLiteral(one)} to ${quoteLiteral(other)};`
  return [rename(old, name), rename(name, old)]
}

/**
 * The statements that put a type without them in the place of an enum whose labels are gone: PostgreSQL takes none out.
 * MikroORM says nothing of it, and adds no label itself then.
 */
export function rebuildLessened(from: EnumSchema, to: EnumSchema, change: EnumChange): string[] {
  return listLessened(from, to).flatMap(({ key, gone }) => {
    const [old, type] = [from, to].map((schema) => schema.getNativeEnums()[key])
    if (!old || !type) return []
    for (const { toTable, changedColumns } of Object.values(change.changedTables))
      for (const { column, changedProperties } of Object.values(changedColumns))
        if (keyOf(toTable, column) === key) changedProperties.delete('enumItems')
    const name = typeName(old)
    const former = { ...old, name: fitName(`${old.name}_former`) }
    return [
      `alter type ${name} rename to ${quoteName(former.name)};`,
      `create type ${name} as enum (${type.items.map(quoteLiteral).join(', ')});`,
      ...castColumns(from, key, name, gone),
      `drop type ${typeName(former)};`,
    ]
  })
}

function castColumns(
  from: EnumSchema,
  key: string,
  type: string,
  gone: readonly string[],
): string[] {
  return from.getTables().flatMap((table) => {
    const casts = columnsOf(from, key)
      .filter((one) => one.table === table)
      .flatMap(({ column }) => castColumn(column, type, gone))
    const owner = quoteName(table.name, schemaOf(table))
    return casts.length > 0 ? [`alter table ${owner} ${casts.join(', ')};`] : []
  })
}

function castColumn(column: EnumColumn, type: string, gone: readonly string[]): string[] {
  const [name, list] = [quoteName(column.name), column.type.endsWith('[]') ? '[]' : '']
  const value = column.default ?? 'null'
  const has = value !== 'null'
  const stays = has && !gone.some((label) => hasLabel(value, label))
  return [
    ...(has ? [`alter column ${name} drop default`] : []),
    `alter column ${name} type ${type}${list} using (${name}::text${list}::${type}${list})`,
    ...(stays ? [`alter column ${name} set default ${value}`] : []),
  ]
}

/** Whether a default is this label, or a list with it. */
function hasLabel(value: string, label: string): boolean {
  const [, list = ''] = /'{(.*)}'/s.exec(value.replaceAll("''", "'")) ?? []
  const elements = [...list.matchAll(/"((?:[^"\\]|\\.)*)"|[^,]+/gs)].map(([whole, quoted]) =>
    quoted === undefined ? whole.trim() : quoted.replaceAll(/\\(.)/gs, '$1'),
  )
  return value.includes(quoteLiteral(label)) || elements.includes(label)
}

function columnsOf(schema: EnumSchema, key: string) {
  return schema
    .getTables()
    .flatMap((table) => table.getColumns().map((column) => ({ table, column })))
    .filter(({ table, column }) => keyOf(table, column) === key)
}

/** What MikroORM calls an enum: with its schema, where that is another one. */
function keyOf(table: EnumTable, { nativeEnumName: name }: EnumColumn): string | undefined {
  const schema = schemaOf(table)
  return name === undefined || name.includes('.') || schema === undefined
    ? name
    : `${schema}.${name}`
}

const schemaOf = ({ schema }: { readonly schema?: string }) =>
  schema === 'public' || schema === '' ? undefined : schema

const placeOf = (type: NativeEnum) => quoteName(schemaOf(type) ?? 'public')

const typeName = (type: NativeEnum) => quoteName(type.name, schemaOf(type))
