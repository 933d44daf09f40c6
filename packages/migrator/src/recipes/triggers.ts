import { differs } from '../sql/differs.ts'
import { quoteName } from '../sql/quote-name.ts'

/** A trigger for each row. */
export interface Trigger {
  readonly name: string
  /** `before insert`, say. */
  readonly on: string
  /** As SQL, or empty: to ask costs a tenth of a call, and in the batches of a backfill each row would call it in vain. */
  readonly when: string
}

export interface TriggerStatements {
  readonly make: readonly string[]
  readonly drop: readonly string[]
}

/**
 * Makes triggers of a table that run one function, and removes them. They run for what is replicated into the table, too.
 * `run` is the function's name with its brackets.
 */
export function writeTriggers(
  table: string,
  run: string,
  body: string,
  triggers: readonly Trigger[],
  path = '',
): TriggerStatements {
  const enable = triggers.map((one) => `enable always trigger ${quoteName(one.name)}`).join(', ')
  return {
    make: [
      `create function ${run} returns trigger ${writePlpgsql(body, path)};`,
      ...triggers.map(
        (one) =>
          `create trigger ${quoteName(one.name)} ${one.on} on ${table} for each row${one.when} execute function ${run};`,
      ),
      `alter table ${table} ${enable};`,
    ],
    drop: [
      ...triggers.map((one) => `drop trigger ${quoteName(one.name)} on ${table};`),
      `drop function ${run};`,
    ],
  }
}

/** What follows the type that a function returns. A name that is a column, too, is the column. */
export function writePlpgsql(body: string, path = ''): string {
  const text = `\n#variable_conflict use_column\n${body}\n`
  const quote = quoteFor(text)
  return `language plpgsql${path} as ${quote}${text}${quote}`
}

/** Dollar signs that the text has nowhere. */
function quoteFor(text: string, tag = 'both'): string {
  const quote = `$${tag}$`
  return text.includes(quote) ? quoteFor(text, `${tag}_`) : quote
}

/** What names and expressions mean where the function is made, they mean in it whoever writes the row. */
export const KEEP_PATH = ' set search_path from current'

export const columnsOf = (row: string, columns: readonly string[]) =>
  columns.map((column) => `${row}.${quoteName(column)}`).join(', ')

/** On INSERT nothing of the old row is set. Whatever two types call equal, a value that was written again is another. */
export const isChanged = (columns: readonly string[]) =>
  differs(columnsOf('new', columns), columnsOf('old', columns))
