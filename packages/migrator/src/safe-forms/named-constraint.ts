import type { AlterTableCmd, Constraint } from '@pgsql/types'
import { toName } from '../phase/release.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { Before } from './safe-form.ts'
import type { AlterPart } from './split.ts'
import { tableOf } from './table.ts'

/** A constraint that ALTER TABLE adds, under the name that later statements have for it. */
export interface NamedConstraint {
  /** Both quoted. */
  readonly table: string
  readonly name: string
  readonly constraint: Constraint
  /** The statement, which says the name; so does the constraint. */
  readonly sql: string
}

/** The constraint of an ADD CONSTRAINT: where the text gives it no name, the one that PostgreSQL would give it. */
export function nameConstraint(
  { statement: { relation }, sql }: AlterPart,
  { def }: AlterTableCmd,
  { news, known }: Before,
): NamedConstraint {
  const constraint = def && 'Constraint' in def ? def.Constraint : {}
  const [table, owner] = [tableOf(relation), toName(relation)]
  const { conname, location } = constraint
  const found = conname ?? news.nameConstraint(owner, constraint, known)
  const [name, named] = [quoteName(found), { ...constraint, conname: found }]
  if (conname !== undefined || location === undefined)
    return { table, name, constraint: named, sql }
  const bytes = Buffer.from(sql)
  const [start, end] = [bytes.toString('utf8', 0, location), bytes.toString('utf8', location)]
  return { table, name, constraint: named, sql: `${start}constraint ${name} ${end}` }
}
