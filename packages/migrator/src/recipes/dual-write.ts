import type { Name } from '../migration.ts'
import { differs } from '../sql/differs.ts'
import { quoteName } from '../sql/quote-name.ts'
import { fitName } from '../safe-forms/table.ts'

/** By column, the value that it gets: an expression of SQL over the columns of its row. */
export type Values = Readonly<Record<string, string>>

/** Columns that are kept right in every row that is written while the old ones and the new ones are both there. */
export interface DualWrite {
  readonly table: Name
  /** In the names of the trigger and its function. */
  readonly about: string
  /** The new columns, as a backfill sets them. */
  readonly forward: Values
  /** The old columns, for the release that reads those; empty: they stay, and nothing is written back. */
  readonly back: Values
}

/** The trigger that keeps them, and its function: what makes it, and what removes it. */
export interface DualWriteStatements {
  readonly make: readonly string[]
  readonly drop: readonly string[]
}

/**
 * Before a row is written, whichever side was written makes the other one; of both, the new side. It runs last, after what
 * other triggers have made of the row, and for what is replicated, too. A value that is computed on one side only follows
 * what it is computed from, until another value is written.
 */
export function writeDual(dual: DualWrite): DualWriteStatements {
  const table = quoteName(dual.table.name, dual.table.schema)
  const name = fitName(`zz_${dual.table.name}_${dual.about}_both`)
  const [trigger, run] = [quoteName(name), `${quoteName(name, dual.table.schema)}()`]
  const body = `\n#variable_conflict use_column\nbegin\n${writeBody(dual)}\n  return new;\nend\n`
  const quote = quoteFor(body)
  // The expressions mean here what they mean in the backfill, whoever writes the row.
  const path = isPlain(dual) ? '' : ' set search_path from current'
  return {
    make: [
      `create function ${run} returns trigger language plpgsql${path} as ${quote}${body}${quote};`,
      `create trigger ${trigger} before insert or update on ${table} for each row execute function ${run};`,
      `alter table ${table} enable always trigger ${trigger};`,
    ],
    drop: [`drop trigger ${trigger} on ${table};`, `drop function ${run};`],
  }
}

function writeBody(dual: DualWrite): string {
  const [made, old] = [Object.keys(dual.forward), Object.keys(dual.back)]
  if (old.length === 0) return made.map((column) => writeOneWay(dual, column)).join('\n')
  const isUnset = made.map((column) => `new.${quoteName(column)} is not distinct from null`)
  return `  if ${isChanged(made)} then
${assign(dual, dual.back)}
  elsif ${isChanged(old)} or (${isUnset.join(' and ')}) then
${assign(dual, dual.forward)}
  end if;`
}

function writeOneWay(dual: DualWrite, column: string): string {
  const value = dual.forward[column] ?? ''
  const was = `new.${quoteName(column)}`
  const follows = `tg_op = 'UPDATE' and not ${isChanged([column])} and ${was} is not distinct from ${read(dual, value, 'old')}`
  return `  if ${was} is not distinct from null then
${assign(dual, { [column]: value })}
  elsif ${follows} then
${assign(dual, { [column]: value })}
  end if;`
}

/** On INSERT nothing of the old row is set. Whatever two types call equal, a value that was written again is another. */
function isChanged(columns: readonly string[]): string {
  const of = (row: string) => columns.map((column) => `${row}.${quoteName(column)}`).join(', ')
  return differs(of('new'), of('old'))
}

function assign(dual: DualWrite, values: Values): string {
  return Object.entries(values)
    .map(([column, value]) => `    new.${quoteName(column)} := ${read(dual, value, 'new')};`)
    .join('\n')
}

/** An expression over the columns of a row: one that is just a column is read as it is. */
function read({ table }: DualWrite, value: string, row: 'new' | 'old'): string {
  return isColumn(value)
    ? `${row}.${value}`
    : `(select (${value}) from (select ${row}.*) as ${quoteName(table.name)})`
}

const isColumn = (value: string) => /^"(?:[^"]|"")+"$/.test(value)

const isPlain = ({ forward, back }: DualWrite) =>
  [...Object.values(forward), ...Object.values(back)].every(isColumn)

/** Dollar signs that the text has nowhere. */
function quoteFor(text: string, tag = 'both'): string {
  const quote = `$${tag}$`
  return text.includes(quote) ? quoteFor(text, `${tag}_`) : quote
}
