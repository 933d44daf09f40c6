import type pg from 'pg'
import { wereEmptied, type Capture } from './capture.ts'
import type { TakenAway } from './inventory.ts'
import { saysRewrite, type Kept } from './statement-kinds.ts'
import { requireReadable } from './strangers.ts'
import { keyWithout, numberOf, readTables, stored, type StoredTable } from './tables.ts'
import { columnOf, textOf, withExactText } from './text.ts'
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
}

/** A row is known by its key; without one by its position, which a rewrite keeps. */
async function readFingerprint(client: pg.ClientBase, table: StoredTable): Promise<Fingerprint> {
  const columns = stored(table)
  const key = keyWithout(table, []) ?? []
  const found = key.map((name) => textOf(columnOf('t', name)))
  const row =
    key.length > 0
      ? `array[${found.join(', ')}]::text`
      : 'row_number() over (order by tableoid, ctid)'
  const values = columns.map(({ name }) => textOf(columnOf('t', name)))
  const sums = values.map((_, i) => {
    const value = `value[${i + 1}]`
    return `sum(hashtextextended(concat(row, ' ', ${value} is null, ${value}), 0))::text`
  })
  const text = `select count(*)::text as rows, array[${sums.join(', ')}]::text[] as sums
    from (select ${row} as row, array[${values.join(', ')}]::text[] as value from ${table.from} t) as held`
  const read = () => client.query<{ rows: string; sums: (string | null)[] }>(text)
  const { rows } = await withExactText(client, () => seenByOwner(client, table, read))
  const { rows: count = '0', sums: held = [] } = rows[0] ?? {}
  return {
    rows: count,
    key: key.map((name) => numberOf(table, name) ?? 0),
    columns: new Map(columns.map(({ number }, i) => [number, held[i] ?? ''])),
  }
}

/** The columns of which some row may have another value, by their numbers. Where rows went, too, their keys find the others again. */
function differing(before: Fingerprint, after: Fingerprint): number[] {
  const isKey = (number: number) => before.rows !== after.rows && before.key.includes(number)
  return [...before.columns]
    .filter(([number, sum]) => after.columns.get(number) !== sum && !isKey(number))
    .map(([number]) => number)
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
      this.#before.set(table.oid, await readFingerprint(this.#client, table))
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
      if (capture || before.rows === after.rows) columns.set(oid, differing(before, after))
    }
    return { unknown, columns }
  }
}
