/**
 * What a picture of a schema shows: tables, what they refer to and the enums that their columns have, as plain data in
 * the order of the catalog. Every format is written from it.
 */
export interface Picture {
  readonly tables: readonly Table[]
  readonly references: readonly Reference[]
  readonly enums: readonly EnumType[]
  /** How many tables a picture of a change leaves out, since nothing near them changes. */
  readonly leftOut?: number
}

export interface Table extends Marked {
  /** As the catalog has it: `public.jobs`. */
  readonly identity: string
  readonly columns: readonly Column[]
  /** Keys of several columns, but the primary one; indexes that are no key are not among them. */
  readonly uniqueKeys: readonly UniqueKey[]
  /** What else a line says of it: that it is partitioned, or what of it a migration changes. */
  readonly notes: readonly Note[]
  readonly comment?: string
  /** Referred to, and not in the catalog: all that is known of it is which columns are referred to. */
  readonly isElsewhere?: true
  /** How many columns are left out of a large picture. */
  readonly hiddenColumns?: number
}

export interface Column extends Marked {
  readonly identity: string
  readonly name: string
  /** As PostgreSQL writes it: `character varying(255)`. */
  readonly type: string
  /** The type before a change. */
  readonly formerType?: string
  readonly isNotNull: boolean
  readonly isPrimary: boolean
  readonly isForeign: boolean
  /** On its own; what is unique together with others is among the keys of the table. */
  readonly isUnique: boolean
  readonly default?: string
  readonly comment?: string
}

export interface UniqueKey extends Marked {
  readonly identity: string
  readonly columns: readonly string[]
}

export interface Note extends Marked {
  readonly text: string
}

/** A foreign key. */
export interface Reference extends Marked {
  readonly identity: string
  readonly from: string
  readonly columns: readonly string[]
  readonly to: string
  readonly referencedColumns: readonly string[]
  /** A row may refer to nothing: one of the columns may be NULL. */
  readonly isOptional: boolean
  /** No two rows refer to the same one. */
  readonly isUnique: boolean
  readonly onDelete?: string
  readonly onUpdate?: string
}

export interface EnumType extends Marked {
  readonly identity: string
  readonly labels: readonly Label[]
}

export interface Label extends Marked {
  readonly text: string
}

/** In a picture of a change: what happens to it; absent where it stays as it is. */
export interface Marked {
  readonly change?: Change
}

export type Change = 'added' | 'removed' | 'altered'
