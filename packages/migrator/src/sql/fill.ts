import type { Node } from '@pgsql/types'
import type { DataLoss, Name } from '../migration.ts'
import { isNull, isSet } from './is-null.ts'
import { nodesIn } from './nodes.ts'
import { quoteName } from './quote-name.ts'

/** A column that gets the values of another one of its table. */
export interface Fill {
  readonly table: Name
  readonly from: string
  readonly to: string
  /** The type that a value is cast to, as SQL; absent: that of the column, by assignment. */
  readonly cast?: string
}

/** How many pages of 8 kB one transaction fills: a few thousand rows, which nobody else can write meanwhile. */
const PAGES = 8

/**
 * DO that fills a column in batches, each of which commits, so that no row is locked for long. It goes through the table by
 * its pages, whatever key it has. What is filled is left alone: it may run again after it was interrupted. Rows that are
 * written meanwhile are in later pages, and have their value from a trigger.
 *
 * A batch leaves out what others have locked: it waits for them one row at a time, with no other row locked, and for no
 * longer than one lock timeout. A fill that began again at each of them would never end on a busy table. A row that is
 * locked by nobody and still is not filled, as under a policy, is left to the CHECK.
 */
export function writeFill(fill: Fill): string {
  return `do $fill$${writeBody(fill)}$fill$`
}

/** Its variables have names that no column has: PL/pgSQL refuses a name that is both. */
function writeBody({ table, from, to, cast }: Fill): string {
  const name = quoteName(table.name, table.schema)
  const [old, next] = [quoteName(from), quoteName(to)]
  const value = cast === undefined ? old : `${old}::${cast}`
  const missing = `${isNull(next)} and ${isSet(old)} and ctid >= fill_low and ctid < fill_high`
  return `
declare
  fill_pages constant bigint := pg_relation_size('${name.replaceAll("'", "''")}') / current_setting('block_size')::int;
  fill_low tid;
  fill_high tid;
  fill_row tid;
  fill_next tid;
  fill_is_done boolean;
begin
  for fill_page in 0..fill_pages by ${PAGES} loop
    fill_low := format('(%s,0)', fill_page);
    fill_high := format('(%s,0)', fill_page + ${PAGES});
    loop
      fill_is_done := false;
      begin
        perform from ${name} where ctid = fill_row for no key update;
        update ${name} set ${next} = ${value}
          where ctid = any (array(select ctid from ${name} where ${missing} for no key update skip locked));
        select ctid into fill_next from ${name} where ${missing} limit 1;
        fill_is_done := coalesce(fill_next = fill_row, fill_next is null);
        fill_row := fill_next;
      exception when lock_not_available then
      end;
      commit;
      exit when fill_is_done;
    end loop;
  end loop;
end
`
}

const NAME = '"((?:[^"]|"")+)"'
const TYPE = String.raw`(?:"(?:[^"]|"")+"|\w+)(?:\.(?:"(?:[^"]|"")+"|\w+))?(?: \w+)*(?:\(\d+(?:, ?\d+)?\))?`
const UPDATE = new RegExp(`update (?:${NAME}\\.)?${NAME} set ${NAME} = ${NAME}(?:::(${TYPE}))?\n`)

/** The fill that a DO is, if it is none but that: undefined of any other text. */
export function readFill(node: Node): Fill | undefined {
  if (!('DoStmt' in node)) return undefined
  const bodies = nodesIn(node.DoStmt.args, 'DefElem').map(({ arg }) => nodesIn(arg, 'String'))
  const [body, ...others] = bodies.flat().map(({ sval }) => sval)
  return typeof body !== 'string' || others.length > 0 ? undefined : readBody(body)
}

/** The same of a text, for which no parser is needed. */
export function findFill(sql: string): Fill | undefined {
  const [, body] = /^do \$fill\$([^]*)\$fill\$$/.exec(sql) ?? []
  return body === undefined ? undefined : readBody(body)
}

function readBody(body: string): Fill | undefined {
  const found = UPDATE.exec(body)
  if (!found) return undefined
  const [schema, name = '', to = '', from = ''] = found.slice(1, 5).map(unquote)
  const table = { ...(schema !== undefined && { schema }), name }
  const cast = found[5]
  const fill = { table, from, to, ...(cast !== undefined && { cast }) }
  return writeBody(fill) === body ? fill : undefined
}

/** Of some fills the one from a column that is lost: another column has its values. */
export function findCopy(fills: readonly Fill[], loss: DataLoss): Fill | undefined {
  if (loss.what !== 'column') return undefined
  const { column, table } = loss
  return fills.find(
    (one) =>
      one.from === column && one.table.name === table.name && one.table.schema === table.schema,
  )
}

const unquote = (text: string | undefined) => text?.replaceAll('""', '"')
