import type { RecordedQuery, UnrecordedQuery } from './recorded-query.ts'

/** What a release of the application sends to its database, as its entities tell: data that is committed with it. */
export interface RecordedRelease {
  readonly name: string
  /** The last migration that its build knows; undefined where there was none. */
  readonly head?: string
  readonly entities: readonly RecordedEntity[]
  /** What its program really sent, where that was recorded: in a file of its own. */
  readonly queries?: readonly RecordedQuery[]
  /** What it sent and could not be recorded. */
  readonly unrecorded?: readonly UnrecordedQuery[]
}

/** An entity, or the table between two. */
export interface RecordedEntity {
  readonly entity: string
  readonly schema?: string
  readonly table: string
  /** The columns of its primary key. */
  readonly key: readonly string[]
  readonly columns: readonly RecordedColumn[]
  /** Columns that together tell rows apart, as the entity says. */
  readonly uniques: readonly (readonly string[])[]
  readonly relations: readonly RecordedRelation[]
}

export interface RecordedColumn {
  readonly property: string
  readonly column: string
  /** `always`: each new row has a value of the application; `never`: PostgreSQL computes it. */
  readonly sent: 'always' | 'sometimes' | 'never'
}

/** A reference of an entity to another one. */
export interface RecordedRelation {
  readonly property: string
  readonly columns: readonly string[]
  readonly schema?: string
  readonly table: string
  readonly referenced: readonly string[]
}
