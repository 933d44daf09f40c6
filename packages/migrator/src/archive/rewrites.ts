import type pg from 'pg'
import { ARCHIVE_SCHEMA } from '../journal/journal.ts'
import { wereEmptied, type Capture } from './capture.ts'
import type { TakenAway } from './inventory.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import { saysRewrite, type Kept } from './statement-kinds.ts'
import { requireReadable } from './strangers.ts'
import { keyWithout, findNumber, readTables, stored, type StoredTable } from './tables.ts'
import { writeColumn, asText, placeOf, withExactText } from './text.ts'
import { seenByOwner } from './triggers.ts'

/*
 * A rewrite shows in the catalog as another file, and nothing shows what it did to the values: ALTER TYPE with USING
 * may leave the type as it is, CLUSTER changes none. So what the columns hold is compared.
 */

/** What a table holds, as one number for each column. */
interface Fingerprint {
  readonly rows: string
  /** The numbers of the columns that find a row. */
  readonly key: readonly number[]
  /** By the number of the column. */
  readonly columns: ReadonlyMap<number, string>
  /** How far its capture had come. */
  readonly seen: string
}

const hash = (row: string, value: string) =>
  `hashtextextended(concat(${row}, ' ', ${value} is null, ${value}), 0)`

/** A row is known by its key; without one by its position, which a rewrite keeps. */
async function readFingerprint(
  client: pg.ClientBase,
  table: StoredTable,
  capture?: Capture,
): Promise<Fingerprint> {
  const columns = stored(table)
  const key = keyWithout(table, []) ?? []
  const found = key.map((name) => asText(writeColumn('t', name)))
  const row =
    key.length > 0
      ? `array[${found.join(', ')}]::text`
      : 'row_number() over (order by tableoid, ctid)'
  const values = columns.map(({ name }) => asText(writeColumn('t', name)))
  const sums = values.map((_, i) => `sum(${hash('row', `value[${i + 1}]`)})::text`)
  const text = `select count(*)::text as rows, array[${sums.join(', ')}]::text[] as sums
    from (select ${row} as row, array[${values.join(', ')}]::text[] as value from ${table.from} t) as held`
  const read = () => client.query<{ rows: string; sums: (string | null)[] }>(text)
  const { rows } = await withExactText(client, () => seenByOwner(client, table, read))
  const { rows: count = '0', sums: held = [] } = rows[0] ?? {}
  return {
    rows: count,
    seen: capture ? await readProgress(client, capture) : '0',
    key: key.map((name) => findNumber(table, name) ?? 0),
    columns: new Map(columns.map(({ number }, i) => [number, held[i] ?? '0'])),
  }
}

async function readProgress(client: pg.ClientBase, { log }: Capture): Promise<string> {
  const { rows } = await client.query<{ n: string }>(`select coalesce(max(n), 0) as n from ${log}`)
  return rows[0]?.n ?? '0'
}

/** What DELETE, INSERT and UPDATE have added to the number of each column since then, as far as the capture has seen them. */
async function readExplained(
  client: pg.ClientBase,
  { log, columns, table }: Capture,
  { key, seen }: Fingerprint,
): Promise<ReadonlyMap<number, string>> {
  const numbers = columns.map((name) => findNumber(table, name) ?? 0)
  const places = key.map((number) => `image[${numbers.indexOf(number) + 1}]`)
  const row = `array[${places.join(', ')}]::text`
  const sums = columns.map((_, i) => `sum(sign * ${hash(row, `image[${i + 1}]`)})::text`)
  const { rows } = await client.query<{ sums: (string | null)[] }>(
    `select array[${sums.join(', ')}]::text[] as sums
       from (select -1 as sign, old as image from ${log} where n > $1 and old is not null
             union all select 1, new from ${log} where n > $1 and new is not null) as changed`,
    [seen],
  )
  return new Map(numbers.map((number, i) => [number, rows[0]?.sums[i] ?? '0']))
}

/** The columns of which some row has another value for another reason, by their numbers. */
function differing(
  before: Fingerprint,
  after: Fingerprint,
  explained: ReadonlyMap<number, string>,
): number[] {
  return [...before.columns.keys()].filter((number) => {
    const [was, is, by] = [before.columns, after.columns, explained].map((sums) => sums.get(number))
    return is === undefined || BigInt(was ?? 0) + BigInt(by ?? 0) !== BigInt(is)
  })
}

/**
 * Values that were copied of a row before a rewrite, and that its capture has as well since the row was deleted first, in
 * the very version: the row is kept whole. Where nothing else moved rows, the order of the others is what it was without it.
 */
export async function leaveKeptWhole(
  client: pg.ClientBase,
  { log, columns, table }: Capture,
  entries: readonly ArchiveEntry[],
): Promise<void> {
  const numbers = new Set(columns.map((name) => findNumber(table, name)))
  for (const { id, key, facts, relations } of entries) {
    const isHeld = facts.numbers?.every((number) => numbers.has(number))
    if (key.length > 0 || !isHeld) continue
    const relation = inArchive(relations[0] ?? '')
    const { rowCount } = await client.query(
      `delete from ${relation} a using ${log} l where l.op = 'D' and ${placeOf('l.old_place')} = a.place and l.stamp = a.stamp`,
    )
    if (!rowCount) continue
    await client.query(`update ${ARCHIVE_SCHEMA}.entries set rows = rows - $2 where id = $1`, [
      id,
      rowCount,
    ])
    await client.query(
      `update ${relation} a set nth = left_over.nth, total = left_over.total
         from (select ctid as at, row_number() over (order by nth) as nth, count(*) over () as total
                 from ${relation} where nth is not null) left_over
        where a.ctid = left_over.at and not exists (select from ${log} where op in ('I', 'U'))`,
    )
  }
}

/** Tables that a statement has rewritten in files of their own, against what they held before it. */
export class Rewrites {
  readonly #client: pg.ClientBase
  readonly #captures: ReadonlyMap<string, Capture>
  readonly #before = new Map<string, Fingerprint>()

  constructor(client: pg.ClientBase, captures: ReadonlyMap<string, Capture>) {
    this.#client = client
    this.#captures = captures
  }

  /** Before the statement runs again. */
  async remember(oids: readonly string[]): Promise<void> {
    for (const table of await readTables(this.#client, oids)) {
      await requireReadable(this.#client, table)
      this.#before.set(
        table.oid,
        await readFingerprint(this.#client, table, this.#captures.get(table.oid)),
      )
    }
  }

  /** What the text does not say, and no capture has seen: tables to be remembered first, and columns with other values. */
  async find(
    statement: Kept,
    renewed: TakenAway['renewed'],
  ): Promise<{ readonly unknown: string[]; readonly columns: ReadonlyMap<string, number[]> }> {
    const unknown: string[] = []
    const columns = new Map<string, number[]>()
    for (const table of await readTables(this.#client, [...renewed.keys()])) {
      const { oid } = table
      const capture = this.#captures.get(oid)
      if (saysRewrite(statement, table)) continue
      if (capture && (await wereEmptied(this.#client, capture, renewed.get(oid) ?? []))) continue
      const before = this.#before.get(oid)
      if (!before) {
        unknown.push(oid)
        continue
      }
      const after = await readFingerprint(this.#client, table)
      // Where no rows are kept, a table that was emptied and filled again is as the author wants it.
      if (!capture && before.rows !== after.rows) continue
      // Without a key a row has the number of its position, which changes with each row before it.
      const isKeyed = capture && before.key.length > 0
      const explained = isKeyed ? await readExplained(this.#client, capture, before) : new Map()
      columns.set(oid, differing(before, after, explained))
    }
    return { unknown, columns }
  }
}
