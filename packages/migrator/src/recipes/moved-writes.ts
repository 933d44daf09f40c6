import type { KnownObjects } from '../known/known-objects.ts'
import type { Check, Name } from '../migration.ts'
import { fitName, freeName } from '../safe-forms/table.ts'
import { differs } from '../sql/differs.ts'
import { isNull } from '../sql/is-null.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { countWritersWithout } from './writers.ts'
import {
  isChanged,
  KEEP_PATH,
  writePlpgsql,
  writeTriggers,
  type Trigger,
  type TriggerStatements,
} from './triggers.ts'

/** A table of a move: the column that has the values there, and the columns by which a row finds its partner. */
export interface MovedSide {
  readonly table: Name
  readonly column: string
  readonly keys: readonly string[]
}

/** A column that moves from `old` to `next`: one row of each belongs to one of the other, at most. */
export interface Move {
  readonly old: MovedSide
  readonly next: MovedSide
  /** Which of them has the foreign key. */
  readonly refers: 'old' | 'next'
  /** Of the old column, as SQL: what it has of itself says nothing about who has written. */
  readonly preset?: string
}

export const nameTable = ({ table }: MovedSide) => quoteName(table.name, table.schema)

/** True of the partner of a row: `row` is what has the columns of the other table. */
export function isPartner(one: MovedSide, as: string, other: MovedSide, row: string): string {
  return one.keys
    .map((key, n) => `${as}.${quoteName(key)} = ${row}.${quoteName(other.keys[n] ?? '')}`)
    .join(' and ')
}

/** A table by an alias of ours: one that is called `new` would hide the row of a trigger. */
export const nameAs = (side: MovedSide, as: string) => `${nameTable(side)} as ${as}`

/**
 * Both columns of two rows that belong together are equal: what is written in one table is written into the other. A row that
 * begins to refer takes what its partner has, unless it was itself written: then, and where that has nothing, it gives. When
 * the two part, each keeps what it has.
 *
 * No trigger has to be the last one: what is given is read after all of them. A partner that comes later in the same statement
 * is found then, too.
 *
 * The partner is locked before it is read, so that no other session changes it meanwhile. What the old side makes NULL is
 * written in any case: a backfill that has read the value before waits for it, and reads again.
 */
export function writeMoved(move: Move, name: string): TriggerStatements {
  const [refers, referred] = move.refers === 'old' ? [move.old, move.next] : [move.next, move.old]
  const names = (end: string) => fitName(`${name}_${end}`)
  const isWritten = isChanged([refers.column])
  const isReferring = isChanged(refers.keys)
  const writes = [
    writeSide(refers, names('takes'), takePartners(move, refers, referred), [
      { on: 'before insert', when: '' },
      { on: 'before update', when: ` when (${isReferring} and not ${isWritten})` },
    ]),
    writeSide(refers, names('gives'), takeLaterOrGive(move, refers, referred), [
      { on: 'after insert', when: '' },
      { on: 'after update', when: ` when (${isReferring} or ${isWritten})` },
    ]),
    writeSide(referred, names('back'), givePartner(move, referred, refers), [
      { on: 'after update', when: ` when (${isChanged([referred.column])})` },
    ]),
  ]
  return {
    make: writes.flatMap(({ make }) => make),
    drop: writes.toReversed().flatMap(({ drop }) => drop),
  }
}

/** The types of the columns by which a row of the new side finds its partner, and of what it reads there. */
export interface ReadTypes {
  readonly keys: readonly string[]
  readonly value: string
}

/**
 * What the old column has for a row of the other table, for a backfill. As a query within its statement it would be what was
 * there when the statement began, also of a row that was locked and changed since.
 */
export function writeReader({ old, next }: Move, about: string, types: ReadTypes) {
  const name = quoteName(fitName(`${about}_reads`), next.table.schema)
  const isOwn = old.keys.map((key, n) => `other.${quoteName(key)} = $${n + 1}`).join(' and ')
  const body = `begin
  return (select other.${quoteName(old.column)} from ${nameAs(old, 'other')} where ${isOwn});
end`
  const signature = `${name}(${types.keys.join(', ')})`
  return {
    make: `create function ${signature} returns ${types.value} ${writePlpgsql(body)};`,
    drop: `drop function ${signature};`,
    value: `${name}(${next.keys.map((key) => quoteName(key)).join(', ')})`,
  }
}

/** How the names of a move's triggers and functions begin. */
export function nameMoved({ old, next }: Move, known: Pick<KnownObjects, 'names'>): string {
  const isTaken = (name: string) =>
    [old, next].some(({ table }) =>
      known.names.hadFunction({ ...table, name: fitName(`${name}_gives`) }),
    )
  return freeName(`zz_${old.table.name}_${old.column}_${next.table.name}`, isTaken)
}

function takePartners(move: Move, own: MovedSide, other: MovedSide): string {
  const is = `new.${quoteName(own.column)}`
  const hasOne = `not ${isNull('taken.value')}`
  return `declare
  taken record;
begin
  select ${readPartner(own, other)} for no key update;
  if found and ${hasOne} and (tg_op = 'UPDATE' or ${isOpen(move, own)}) then
    ${is} := taken.value;
  end if;
  return new;
end`
}

const readPartner = (own: MovedSide, other: MovedSide) =>
  `other.${quoteName(other.column)} as value into taken from ${nameAs(other, 'other')} where ${isPartner(other, 'other', own, 'new')}`

/** True of a new row that says nothing itself. */
function isOpen({ old, preset }: Move, own: MovedSide): string {
  const is = `new.${quoteName(own.column)}`
  const isPreset = own !== old || preset === undefined ? '' : ` or not ${differs(is, preset)}`
  return `(${isNull(is)}${isPreset})`
}

/** Of a row that was not written itself, and whose partner was not there before, or had nothing. */
function takeLaterOrGive(move: Move, own: MovedSide, other: MovedSide): string {
  const [is, mine] = [quoteName(own.column), own.keys.map((key) => quoteName(key))]
  const isSame = mine.map((key) => `mine.${key} = new.${key}`).join(' and ')
  return `declare
  taken record;
begin
  if (case tg_op when 'INSERT' then ${isOpen(move, own)} else not ${isChanged([own.column])} end) then
    select ${readPartner(own, other)};
    if found and not ${isNull('taken.value')} then
      if ${differs('taken.value', `new.${is}`)} then
        update ${nameAs(own, 'mine')} set ${is} = taken.value where ${isSame};
      end if;
      return new;
    end if;
  end if;
${writeGiving(move, own, other)}
  return new;
end`
}

function givePartner(move: Move, own: MovedSide, other: MovedSide): string {
  return `begin
${writeGiving(move, own, other)}
  return new;
end`
}

function writeGiving({ old }: Move, own: MovedSide, other: MovedSide): string {
  const [is, column] = [`new.${quoteName(own.column)}`, quoteName(other.column)]
  const isGone = own === old ? ` or ${isNull(is)}` : ''
  return `  update ${nameAs(other, 'other')} set ${column} = ${is} where ${isPartner(other, 'other', own, 'new')} and (${differs(`other.${column}`, is)}${isGone});`
}

function writeSide(
  side: MovedSide,
  name: string,
  body: string,
  moments: readonly Omit<Trigger, 'name'>[],
): TriggerStatements {
  const triggers = moments.map((one) => ({
    ...one,
    name: fitName(`${name}_${one.on.split(' ')[1] ?? ''}`),
  }))
  const run = `${quoteName(name, side.table.schema)}()`
  return writeTriggers(nameTable(side), run, body, triggers, KEEP_PATH)
}

/** A trigger reads and writes the other table as whoever writes the row, and finds what that one may see. */
export function mayWriteBoth({ old, next }: Move): Check[] {
  const [one, other] = [nameTable(old), nameTable(next)]
  const rights = [
    [one, other],
    [other, one],
  ].map(([table = '', partner = '']) => ({
    query: countWritersWithout(['select', 'update'], table, partner),
    says: `Roles that write ${table} may not read and update ${partner}, where the same value is written. Grant them SELECT and UPDATE on it, and USAGE on its schema, then run this again.`,
  }))
  const hidden = {
    query: `select count(*) as tables from pg_class where relrowsecurity and oid in (${quoteLiteral(one)}::regclass, ${quoteLiteral(other)}::regclass)`,
    says: `Row level security of ${one} or ${other} may hide from who writes one of them the row of the other, which would keep another value. Disable it until the column has moved, or move the column in place when the older release is gone. Then run this again.`,
  }
  return [...rights, hidden]
}
