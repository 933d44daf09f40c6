import type { Kind } from '../model.ts'

/**
 * How one kind of object is read, all of them by one query. It may read what {@link withScope} gives
 * it. The query's column aliases are the properties of the kind; false, null and empty arrays
 * are PostgreSQL's defaults and left out.
 */
export type Query = {
  kind: Kind
  sql: () => string
  /** Columns that are noted instead of compared. */
  noted?: string[]
  /** Which properties are text that PostgreSQL deparsed (expressions, types, definitions). */
  deparsed?: string[]
  /** Which of them are whole queries. */
  queries?: string[]
}

/** What a query may select beside the properties. */
export type Row = {
  identity: string
  /**
   * Where comments are found: the object's catalog (`pg_class` if not given), oid and column
   * number.
   */
  catalog?: string
  oid?: number
  part?: number
  /** A role's name. */
  owner?: string
  /** `aclitem[]` as it is, null if never touched, and what PostgreSQL takes null for. */
  acl?: string[] | null
  defaultAcl?: string[]
  /** Whose grants need no mention, where the default does not tell: the owner of a column's table. */
  usualGrantor?: string
  /** PostgreSQL's default for the kind, where null stands for something else. */
  fullAcl?: string[]
} & Record<string, unknown>
