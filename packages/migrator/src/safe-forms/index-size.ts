import type { ColumnDef } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { readType, type Type } from '../known/parts.ts'
import type { Check, Name } from '../migration.ts'
import { quoteName } from '../sql/quote-name.ts'
import { noOversize } from './pre-checks.ts'

/** Bytes of an entry of a B-tree index (BTMaxItemSize of PostgreSQL's nbtree.h), without those before its values. */
const LARGEST = 2704 - 8
/** Of a character of UTF-8. */
const BYTES = 4

interface Indexed {
  readonly relation: Name
  readonly table: string
  readonly name: string
  /** Those of its columns that are no expressions. */
  readonly columns: readonly string[]
  readonly where?: string | undefined
}

/** Checks that each row fits into an index; none where the types of its columns say so. */
export function requireSize(
  { relation, table, name, columns, where }: Indexed,
  known: KnownObjects,
): Check[] {
  const there = known.table(relation)?.columns
  const isUnlimited = columns.some((column) => mayBeLarge(there?.get(column)))
  return isUnlimited
    ? [noOversize({ table, name, columns: columns.map((one) => quoteName(one)), where }, LARGEST)]
    : []
}

/** True of a type that is known to hold values which are larger than an entry. */
function mayBeLarge(column: ColumnDef | undefined): boolean {
  if (!column) return false
  const type = readType(column)
  if (type.isArray || UNLIMITED.has(type.name)) return true
  return LIMITED.has(type.name) && !isShort(type)
}

const isShort = ({ sizes: [limit] }: Type) => limit !== undefined && limit * BYTES <= LARGEST

const UNLIMITED = new Set(['text', 'citext', 'bytea', 'jsonb'])
const LIMITED = new Set(['varchar', 'bpchar'])
