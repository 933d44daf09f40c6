import type { Platform } from '@mikro-orm/core'

/** A column as MikroORM's comparator knows it. */
export interface TypedColumn {
  /** As the entity writes it, or MikroORM for it. */
  type: string
  readonly length?: number
  readonly precision?: number
  readonly scale?: number
  /** The expression that computes it. */
  readonly generated?: string
  readonly ignoreSchemaChanges?: readonly string[]
}

/**
 * True where two columns of entities have types that differ as a snapshot writes them. MikroORM compares them by what they
 * are in JavaScript, and takes a timestamp for a timestamptz, json for jsonb, and one array for any other.
 */
export function haveOtherTypes(platform: Platform, one: TypedColumn, other: TypedColumn): boolean {
  const isIgnored = [one, other].some(
    ({ generated, ignoreSchemaChanges }) => generated || ignoreSchemaChanges?.includes('type'),
  )
  return !isIgnored && typeOf(platform, one) !== typeOf(platform, other)
}

/** As MikroORM writes it into a snapshot, which loses the brackets of some arrays. */
function typeOf(platform: Platform, column: TypedColumn): string {
  // A snapshot leaves out a length of 0, but for the text of the type.
  const written = /\((\d+)\)$/.exec(column.type)?.[1]
  const options = written ? { ...column, length: column.length ?? Number(written) } : column
  const type = platform.normalizeColumnType(column.type, options) ?? column.type
  return type.toLowerCase().replaceAll(/[ [\]]/g, '')
}

/** A snapshot has a precision that no entity names, and that PostgreSQL has in any case. */
export function leaveOutDefaults(tables: readonly { getColumns(): TypedColumn[] }[]): void {
  for (const column of tables.flatMap((table) => table.getColumns()))
    column.type = column.type.replace(/^(timestamp(?:tz)?)\(6\)$/, '$1')
}
