import type { EntityClass, RequiredEntityData } from '@mikro-orm/core'
import type { HashedValue } from '../project/reference-table.ts'

/** By which an export of a seeders' file is known, whichever copy of this package made it. */
const KIND = 'reference-data'

/** Rows that a project ships: what `referenceData` returns. */
export interface ReferenceData {
  readonly kind: typeof KIND
  readonly of: EntityClass<object> | TableName
  readonly key: readonly string[]
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly earlier?: readonly Readonly<Record<string, unknown>>[]
}

/** A table without an entity: the first of its name on the search path, or that of the schema. */
export interface TableName {
  readonly table: string
  readonly schema?: string
}

/** Rows of an entity, by its properties. All of them state the same ones, and no other is touched. */
export interface EntityRows<Row> {
  /** What tells one row from another, whatever else changes of it. The table has a unique index on just that. */
  readonly key: readonly (keyof Row & string)[]
  readonly rows: readonly Row[]
  /**
   * What other tools shipped before: a row that equals one of these in all that it states was not edited. `{ md5 }` stands
   * for a value of which only the MD5 of its text is known.
   */
  readonly earlier?: readonly { readonly [Name in keyof Row]?: Row[Name] | HashedValue }[]
}

/** A value as an SQL literal would have it, without quotes: JSON as text, an array as `{a,b}`. */
export type PlainValue = string | number | bigint | boolean | Date | null

/**
 * Declares rows that a project ships. Exported from a file in the folder of the seeders, they are merged whenever the seeders
 * run, before these: what a user edited, made or deleted stays and is reported, and so does a row that is no longer shipped
 * while others refer to it.
 *
 * @example
 * export const currencies = referenceData({ table: 'currency' }, {
 *   key: ['code'],
 *   rows: [{ code: 'EUR', digits: 2 }, { code: 'JPY', digits: 0 }],
 * })
 */
export function referenceData<Entity extends object>(
  entity: EntityClass<Entity>,
  data: EntityRows<RequiredEntityData<Entity>>,
): ReferenceData
export function referenceData(
  table: TableName,
  data: EntityRows<Readonly<Record<string, PlainValue>>>,
): ReferenceData
export function referenceData(
  of: ReferenceData['of'],
  data: Pick<ReferenceData, 'key' | 'rows' | 'earlier'>,
): ReferenceData {
  return { kind: KIND, of, ...data }
}

export function isReferenceData(value: unknown): value is ReferenceData {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === KIND
}
