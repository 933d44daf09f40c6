import type { KnownObjects } from '../known/known-objects.ts'
import type { Check, Name } from '../migration.ts'
import { runsFrom } from '../safe-forms/copy-checks.ts'
import { differs } from '../sql/differs.ts'
import { isNull } from '../sql/is-null.ts'
import { quoteName } from '../sql/quote-name.ts'
import { fitName, freeName } from '../safe-forms/table.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import {
  columnsOf,
  isChanged,
  isColumn,
  KEEP_PATH,
  readOf,
  writeTriggers,
  type Trigger,
  type TriggerStatements,
} from './triggers.ts'

/** By column, the value that it gets: an expression of SQL over the columns of its row. */
export type Values = Readonly<Record<string, string>>

/** Columns that are kept right in every row that is written while the old ones and the new ones are both there. */
export interface DualWrite {
  readonly table: Name
  /** In the names of the trigger and its function. */
  readonly about: string
  readonly sides: readonly Sides[]
}

export interface Sides {
  /** The new columns, as a backfill sets them. */
  readonly forward: Values
  /** The old columns, for the release that reads those; empty: they stay, and nothing is written back. */
  readonly back: Values
  /** Of `forward`, those that the old release writes as well: they get a value where they have none, and keep it. */
  readonly shared?: ReadonlySet<string>
  /** Of `back`, those that are never NULL. */
  readonly required?: ReadonlySet<string>
  /** Each column of one side is the same as one of the other, of the same type: equal ones have nothing to do. */
  readonly areTwins?: true
}

/** The trigger that keeps them, and its function: what makes it, and what removes it. */
export interface DualWriteStatements extends TriggerStatements {
  /** What must hold before it is made. */
  readonly requires: Check
}

/**
 * Before a row is written, whichever side was written makes the other one; of both, the new side. It runs last, after what
 * other triggers have made of the row, and for what is replicated, too. A value that is computed on one side only follows
 * what it is computed from, until another value is written. What the old side already says is not written back: a backfill
 * leaves the old columns as they are, also where the way back would make another value.
 */
export function writeDual(
  dual: DualWrite,
  known: Pick<KnownObjects, 'names'>,
): DualWriteStatements {
  const { sides } = dual
  const table = quoteName(dual.table.name, dual.table.schema)
  const about = `${dual.table.name}_${dual.about}_both`
  const name = freeName(`zz_${about}`, (one) =>
    known.names.hadFunction({ ...dual.table, name: one }),
  )
  const run = `${quoteName(name, dual.table.schema)}()`
  const writes = sides.map((one) => writeSides(dual.table, one)).join('\n')
  const body = `declare\n  made record := new;\nbegin\n${writes}\n  return new;\nend`
  const path = sides.every(isPlain) ? '' : KEEP_PATH
  const triggers = listTriggers(fitName(`${placeOf(sides)}_${about}`), sides)
  const statements = writeTriggers(table, run, body, triggers, path)
  return { ...statements, requires: mayKeep(table, triggers) }
}

/** Triggers run in the order of their names: what is only computed may be computed from what another one of these makes. */
function placeOf(sides: readonly Sides[]): string {
  if (sides.every(({ areTwins }) => areTwins)) return 'zz'
  return sides.some(({ back }) => Object.keys(back).length > 0) ? 'zzr' : 'zzz'
}

/** What another trigger makes of a row after these, the other side would not have; nor what is written into a child. */
function mayKeep(table: string, triggers: readonly Trigger[]): Check {
  const [first = ''] = triggers.map(({ name }) => name)
  const own = triggers.map(({ name }) => quoteLiteral(name)).join(', ')
  const oid = `${quoteLiteral(table)}::regclass`
  return {
    query: `select (select count(*) from pg_trigger t where t.tgrelid = ${oid} and not t.tgisinternal and ${runsFrom(first)} and t.tgname not in (${own})) as triggers,
       (select count(*) from pg_inherits where inhparent = ${oid}) as children`,
    says: `${table} has triggers that would run before a row is written and after ${quoteName(first)}, by the order of their names, or children: what they make of a row, or what is written into those, one of the two releases would not see. Give such a trigger a name that comes before, take the children away, then run this again.`,
  }
}

/** Of twins one condition holds for whatever writes a row; any other one asks what the row was before, which a new row has not. */
function listTriggers(name: string, sides: readonly Sides[]): Trigger[] {
  if (sides.every(({ areTwins }) => areTwins)) {
    const when = sides.map(({ forward, back }) =>
      differs(columnsOf('new', Object.keys(forward)), columnsOf('new', Object.keys(back))),
    )
    return [{ name, on: 'before insert or update', when: ` when (${when.join(' or ')})` }]
  }
  const when = ` when (${sides.flatMap(listReasons).join(' or ')})`
  return [
    { name, on: 'before insert', when: '' },
    { name: fitName(`${name}_update`), on: 'before update', when },
  ]
}

/** When an UPDATE has to run the function: wider than what that asks itself, and without expressions, which may fail. */
function listReasons({ forward, back, shared }: Sides): string[] {
  const [made, old] = [Object.keys(forward), Object.keys(back)]
  const isUnset = made.map((column) => isNull(`new.${quoteName(column)}`))
  if (old.length > 0) return [isChanged(made), isChanged(old), `(${isUnset.join(' and ')})`]
  const follows = made.filter((column) => !shared?.has(column))
  return [...isUnset, ...follows.map((column) => `not ${isChanged([column])}`)]
}

function writeSides(table: Name, sides: Sides): string {
  const { forward, back, required = new Set() } = sides
  const [made, old] = [Object.keys(forward), Object.keys(back)]
  if (old.length === 0) return made.map((column) => writeOneWay(table, column, sides)).join('\n')
  const isUnset = made.map((column) => isNull(`new.${quoteName(column)}`))
  const either = `  if ${isChanged(made)} then
${writeBack(table, sides)}
  elsif ${isChanged(old)} or (${isUnset.join(' and ')}) then
${assign(table, forward)}
  end if;`
  const missing = old.filter((column) => required.has(column))
  return [either, ...missing.map((column) => writeMissing(table, column, back))].join('\n')
}

/** Of a new row in which neither side was written. */
function writeMissing(table: Name, column: string, back: Values): string {
  return `  if tg_op = 'INSERT' and ${isNull(`new.${quoteName(column)}`)} then
${assign(table, { [column]: back[column] ?? '' })}
  end if;`
}

function writeBack(table: Name, { forward, back }: Sides): string {
  const made = Object.keys(forward)
  return `${assign(table, forward, 'made')}
    if ${differs(columnsOf('new', made), columnsOf('made', made))} then
${assign(table, back)}
    end if;`
}

function writeOneWay(table: Name, column: string, { forward, shared }: Sides): string {
  const value = forward[column] ?? ''
  const was = `new.${quoteName(column)}`
  const follows = `tg_op = 'UPDATE' and not ${isChanged([column])} and ${was} is not distinct from ${readOf(table, value, 'old')}`
  const isOpen = shared?.has(column) ? isNull(was) : `${isNull(was)} or (${follows})`
  return `  if ${isOpen} then
${assign(table, { [column]: value })}
  end if;`
}

function assign(table: Name, values: Values, to = 'new'): string {
  return Object.entries(values)
    .map(([column, value]) => `    ${to}.${quoteName(column)} := ${readOf(table, value, 'new')};`)
    .join('\n')
}

const isPlain = ({ forward, back }: Sides) =>
  [...Object.values(forward), ...Object.values(back)].every(isColumn)
