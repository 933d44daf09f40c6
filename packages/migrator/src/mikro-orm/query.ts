import type pg from 'pg'

/** A query as pg's Client takes it, with the parsers of the ORM that asks. */
export interface Query {
  readonly text: string
  readonly values?: readonly unknown[] | undefined
  readonly types?: pg.CustomTypesConfig | undefined
}
