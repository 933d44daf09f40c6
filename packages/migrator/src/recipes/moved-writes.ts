import type { Check, Name } from '../migration.ts'
import { fitName } from '../safe-forms/table.ts'
import { differs } from '../sql/differs.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import {
  isChanged,
  isNull,
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

/**
 * Both columns of two rows that belong together are equal: what is written in one table is written into the other. A row that
 * begins to refer takes what its partner has, unless it was itself written: then, and where that has nothing, it gives. When
 * the two part, each keeps what it has.
 *
 * No trigger has to be the last one: what is given is read after all of them.
 *
 * The partner is locked before it is read, so that no other session changes it meanwhile. What the old side makes NULL is
 * written in any case: a backfill that has read the value before waits for it, and finds another row.
 */
export function writeMoved(move: Move): TriggerStatements {
  const [refers, referred] = move.refers === 'old' ? [move.old, move.next] : [move.next, move.old]
  const name = `zz_${move.old.table.name}_${move.old.column}_${move.next.table.name}`
  const names = (end: string) => fitName(`${name}_${end}`)
  const isWritten = isChanged([refers.column])
  const isReferring = isChanged(refers.keys)
  const writes = [
    writeSide(refers, names('takes'), takePartners(move, refers, referred), [
      { on: 'before insert', when: '' },
      { on: 'before update', when: ` when (${isReferring} and not ${isWritten})` },
    ]),
    writeSide(refers, names('gives'), givePartner(move, refers, referred), [
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

function takePartners({ refers, preset }: Move, own: MovedSide, other: MovedSide): string {
  const [table, is] = [nameTable(other), `new.${quoteName(own.column)}`]
  const isPreset = preset === undefined ? '' : ` or not ${differs(is, preset)}`
  const hasNone = isNull('partner.value')
  const onInsert = refers === 'old' ? `(${isNull(is)}${isPreset}) and not ${hasNone}` : isNull(is)
  return `declare
  partner record;
begin
  select ${quoteName(other.column)} as value into partner from ${table} where ${isPartner(other, table, own, 'new')} for no key update;
  if found and (case tg_op when 'INSERT' then ${onInsert} else not ${hasNone} end) then
    ${is} := partner.value;
  end if;
  return new;
end`
}

function givePartner({ old }: Move, own: MovedSide, other: MovedSide): string {
  const [partner, is] = [nameTable(other), `new.${quoteName(own.column)}`]
  const isGone = own === old ? ` or ${isNull(is)}` : ''
  const column = quoteName(other.column)
  return `begin
  update ${partner} set ${column} = ${is} where ${isPartner(other, partner, own, 'new')} and (${differs(`${partner}.${column}`, is)}${isGone});
  return new;
end`
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
  const definition = ` set search_path from current as $moved$\n#variable_conflict use_column\n${body}\n$moved$`
  return writeTriggers(nameTable(side), run, definition, triggers)
}

/** A trigger reads and writes the other table as whoever writes the row. */
export function mayWriteBoth({ old, next }: Move): Check[] {
  return [
    [old, next],
    [next, old],
  ].map(([one, other]) => {
    const [table, partner] = [one, other].map((side) => (side ? nameTable(side) : ''))
    const target = `${quoteLiteral(partner ?? '')}::regclass`
    return {
      query: `select count(*) as roles from pg_roles r
     where r.oid >= 16384 and has_any_column_privilege(r.oid, ${quoteLiteral(table ?? '')}::regclass, 'insert, update')
       and not (has_table_privilege(r.oid, ${target}, 'select') and has_table_privilege(r.oid, ${target}, 'update'))`,
      says: `Roles that write ${table} may not read and update ${partner}, where the same value is written. Grant them SELECT and UPDATE on it, then run this again.`,
    }
  })
}
