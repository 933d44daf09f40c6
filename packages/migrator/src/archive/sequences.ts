import type pg from 'pg'
import type { Name } from '../migration.ts'
import { quoteName } from '../sql/quote-name.ts'
import { ARCHIVE_SCHEMA, JOURNAL_SCHEMA } from '../journal/journal.ts'
import { TRUSTED } from '../journal/trust.ts'
import type { ArchiveEntry, SequencePosition } from './schema.ts'
import { askAgain } from '../session/prepared.ts'

/** A sequence as it is in the database now. */
export interface Sequence extends SequencePosition {
  readonly oid: string
  readonly increment: number
  /** Its own name, or that of the table whose column it serves. */
  readonly schema: string
  readonly name: string
}

/** One that another role may drop is not read by its name: by then that may be a view. */
const LIST = `
  with recursive ${TRUSTED}
  select c.oid::text, c.relowner in (table trusted) as "isTrusted", n.nspname as own_schema, c.relname as own_name, s.seqincrement::text as increment,
         coalesce(tn.nspname, n.nspname) as schema, coalesce(t.relname, c.relname) as name, a.attname as column
    from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
    left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')
                         and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0
    left join pg_class t on t.oid = d.refobjid left join pg_namespace tn on tn.oid = t.relnamespace
    left join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
   where c.relpersistence <> 't' and n.nspname not in ('${ARCHIVE_SCHEMA}', '${JOURNAL_SCHEMA}')
     and has_table_privilege(c.oid, 'select')`

/** Where every sequence stands. Includes what other sessions have taken: a sequence knows no transaction. */
export async function readSequences(client: pg.ClientBase): Promise<ReadonlyMap<string, Sequence>> {
  const { rows: listed } = await askAgain<{
    oid: string
    isTrusted: boolean
    own_schema: string
    own_name: string
    increment: string
    schema: string
    name: string
    column: string | null
  }>(client, LIST)
  if (listed.length === 0) return new Map()
  const positions = listed.map(({ oid, isTrusted, own_schema, own_name }) =>
    isTrusted
      ? `select '${oid}' as oid, last_value::text as last, is_called as "isCalled" from ${quoteName(own_name, own_schema)}`
      : `select seqrelid::text, coalesce(pg_sequence_last_value(seqrelid), seqstart)::text,
                  pg_sequence_last_value(seqrelid) is not null from pg_sequence where seqrelid = ${oid}`,
  )
  const { rows } = await client.query<{ oid: string; last: string; isCalled: boolean }>(
    positions.join(' union all '),
  )
  const found = new Map(rows.map((row) => [row.oid, row]))
  const columnOf = (one: (typeof listed)[number]) => `${one.schema} ${one.name} ${one.column}`
  const columns = listed.map(columnOf)
  return new Map(
    listed.flatMap((sequence): [string, Sequence][] => {
      const { oid, increment, schema, name, column, own_name: own } = sequence
      const position = found.get(oid)
      if (!position) return []
      const { last, isCalled } = position
      const isOne = columns.filter((other) => other === columnOf(sequence)).length === 1
      const served = column === null ? {} : { column, ...(!isOne && { own }) }
      return [[oid, { oid, schema, name, increment: Number(increment), last, isCalled, ...served }]]
    }),
  )
}

/** The sequences that are gone, or would give out a value again that they have given out. */
export function setBack(
  before: ReadonlyMap<string, Sequence>,
  after: ReadonlyMap<string, Sequence>,
): Sequence[] {
  return [...before.values()].filter((then) => {
    const now = after.get(then.oid)
    if (!now) return then.isCalled || then.last !== '1'
    return isBehind(now, then)
  })
}

function isBehind(one: SequencePosition, other: Sequence): boolean {
  const next = ({ last, isCalled }: SequencePosition) =>
    BigInt(last) + (isCalled ? BigInt(other.increment) : 0n)
  return other.increment > 0 ? next(one) < next(other) : next(one) > next(other)
}

/**
 * Moves a sequence on to where it stood; never back. False where there is no such sequence.
 * `name`: of the sequence, or of the table whose column it serves; without a schema it may be in any one.
 */
export async function advanceSequence(
  client: pg.ClientBase,
  { schema, name }: Name,
  position: SequencePosition,
): Promise<boolean> {
  const all = [...(await readSequences(client)).values()]
  const [now, ...others] = all.filter(
    (sequence) =>
      (schema === undefined || sequence.schema === schema) &&
      sequence.name === name &&
      sequence.column === position.column &&
      (position.own === undefined || sequence.own === position.own),
  )
  if (!now || others.length > 0) return false
  if (isBehind(now, { ...now, ...position })) {
    await client.query('select setval($1::oid::regclass, $2::bigint, $3)', [
      now.oid,
      position.last,
      position.isCalled,
    ])
  }
  return true
}

/** By the name that it has where the migration is wholly reverted, or by the one under which it was lost. */
export async function advanceToEntry(
  client: pg.ClientBase,
  { schema, table, facts: { sequence, before } }: ArchiveEntry,
): Promise<boolean> {
  if (!sequence) return false
  const [column] = before?.columns ?? []
  const then = { ...sequence, ...(column !== undefined && { column }) }
  const isThere = before && (await advanceSequence(client, { ...before, name: before.table }, then))
  return isThere || advanceSequence(client, { schema, name: table }, sequence)
}
