import {
  readQueries,
  writeQueries,
  type RecordedQuery,
  type UnrecordedQuery,
} from './recorded-query.ts'
import { withoutValues, type BareQuery } from './without-values.ts'

/** What of pg's class `Client` is listened to. */
export interface QueryingClass {
  readonly prototype: { query(...args: never[]): unknown }
}

/** A recording of the statements that a program sends. */
export interface QueryRecording {
  /**
   * What was sent so far, as a file: each query once, in order, without its values; the same queries make the same text.
   * `before` is the file as it was: values that were written into it by hand stay. A query with a value where no parameter
   * can stand (a path of JSON_TABLE, a mark of CYCLE) has a line `{"unrecorded":"…"}`, which `verify` reports as unproved,
   * until `before` has it as `{"sql":"…"}`, written by hand with values that anybody may read.
   */
  readonly text: (before?: string) => Promise<string>
  /** Nothing is recorded from then on. */
  readonly stop: () => void
}

/**
 * Records the queries that go over connections of this process from now on: SELECT, INSERT, UPDATE, DELETE and MERGE. No
 * value is kept: not those of parameters, and where a driver writes values into the text, there are parameters instead.
 * `Client` is the class of `pg` that the program uses; `isOwn` says which connections are the program's, where others in this
 * process, such as those of a test, are not to be recorded.
 * @example
 * import { Client } from 'pg'
 *
 * const recording = recordQueries(Client, ({ user }) => user === 'shop')
 * // Here the program runs.
 * recording.stop()
 * writeFileSync('src/queries.jsonl', await recording.text(readFileSync('src/queries.jsonl', 'utf8')))
 */
export function recordQueries<Class extends QueryingClass>(
  Client: Class,
  isOwn: (client: Class['prototype']) => boolean = () => true,
): QueryRecording {
  const sent = new Set<string>()
  const prototype: { query: (this: Class['prototype'], ...args: never[]) => unknown } =
    Client.prototype
  const { query } = prototype
  let isStopped = false
  const record: typeof query = function record(...args) {
    const text = textOf(args[0])
    if (!isStopped && text !== undefined && isOwn(this)) sent.add(text)
    return query.apply(this, args)
  }
  prototype.query = record
  return {
    text: (before = '') => toFile(sent, before),
    stop: () => {
      isStopped = true
      // A recording that began later still needs this one.
      if (prototype.query === record) prototype.query = query
    },
  }
}

/** A text, or what pg takes in its place. */
function textOf(given: unknown): string | undefined {
  const text = typeof given === 'object' && given !== null && 'text' in given ? given.text : given
  return typeof text === 'string' ? text : undefined
}

async function toFile(sent: ReadonlySet<string>, before: string): Promise<string> {
  const found = new Map<string, BareQuery>()
  for (const text of sent)
    for (const query of await withoutValues(text)) {
      const form = formOf(query.sql)
      const known = found.get(form)
      if (known === undefined || isSimpler(query.sql, known.sql)) found.set(form, query)
    }
  const { queries: old } = await readQueries(before)
  const values = new Map(old.map((query) => [query.sql, query.values]))
  const byHand = await findByHand(old)
  const queries: Pick<RecordedQuery, 'sql' | 'values'>[] = []
  const unrecorded: Pick<UnrecordedQuery, 'unrecorded'>[] = []
  for (const [form, { sql, isRead }] of found) {
    const own = byHand.get(form)
    if (isRead) queries.push({ sql, values: values.get(sql) ?? {} })
    else if (own) queries.push(own)
    else unrecorded.push({ unrecorded: sql })
  }
  return writeQueries(queries, unrecorded)
}

/** What was written into the file in the place of what could not be recorded, by the form of that. */
async function findByHand(queries: readonly RecordedQuery[]): Promise<Map<string, RecordedQuery>> {
  const found = new Map<string, RecordedQuery>()
  for (const query of queries)
    for (const { sql, isRead } of await withoutValues(query.sql))
      if (!isRead) found.set(formOf(sql), query)
  return found
}

/** Lists of values and of rows differ from one call to the next only in their length, pages only in their numbers. */
function formOf(sql: string): string {
  return sql
    .replaceAll(/\$\d+/g, '?')
    .replaceAll(/\b(limit|offset) \d+/gi, '$1 ?')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\?((?:::\w+)?)(?:\s*,\s*\?\1)+/g, '?$1')
    .replaceAll(/(\([^()]*\))(?:\s*,\s*\1)+/g, '$1')
}

function isSimpler(one: string, other: string): boolean {
  return one.length < other.length || (one.length === other.length && one < other)
}
