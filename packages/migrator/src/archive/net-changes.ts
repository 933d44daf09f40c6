import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import { leaveRestored } from './applied-again.ts'
import type { Capture } from './capture.ts'
import { createRelation, inArchive } from './schema.ts'
import { keyWithout } from './tables.ts'
import { fileAt, placeOf } from './text.ts'
import { newestWriter } from './versions.ts'

/**
 * What a captured segment did to the rows of one table on balance: a row that it changed twice was changed
 * once, and one that it inserted and deleted again never was.
 */
export interface NetChanges {
  /** Quoted and qualified: `old` and `new`, the texts of a row, its `place`, and its version before (`stamp`); `new` is NULL where the row is gone. */
  readonly relation: string
  readonly deleted: number
  /** Columns of which some row has another value now. */
  readonly columns: readonly string[]
  /** The columns that find a row; empty: its place does. */
  readonly key: readonly string[]
  /** The newest transaction that wrote one of the rows, before. */
  readonly written: string | undefined
}

/** Reads the log of a capture, which is gone afterwards; the relation of the result is the caller's to drop. `ofRestored`: only of rows that were restored. */
export async function netChanges(
  client: pg.ClientBase,
  capture: Capture,
  ofRestored: boolean,
): Promise<NetChanges> {
  const { table, log, columns } = capture
  const key = keyWithout(table, []) ?? []
  const relation = inArchive(`net_${table.oid}`)
  const positions = key.map((name) => columns.indexOf(name) + 1)
  await createRelation(client, relation, `as ${await readNet(client, capture, positions)}`)
  await client.query(`drop table ${log}`)
  if (ofRestored) await leaveRestored(client, relation, table.oid)
  const written = await newestWriter(client, relation, 'stamp')
  return { relation, key, written, ...(await summary(client, relation, columns)) }
}

/** SQL: the net changes of a log, which it makes ready. `positions`: of the key's columns in an image of a row, from 1. */
async function readNet(
  client: pg.ClientBase,
  { table, log }: Capture,
  positions: readonly number[],
): Promise<string> {
  const { rows } = await client.query<{ op: string }>(`select distinct op from ${log}`)
  const ops = new Set(rows.map(({ op }) => op))
  if (ops.has('T')) await tellEmptiedApart(client, log)
  if (!ops.has('I') && !ops.has('U'))
    return `select n, old, null::text[] as new, null as place, stamp from ${log} where op = 'D'`
  await client.query(`create index on ${log} (old_place); analyze ${log} (n, old_place, new_place)`)
  if (table.isPartitioned) await pairMoves(client, log, positions)
  if (positions.length > 0) await linkRewritten(client, log, positions)
  return foldLog(log, positions)
}

async function summary(
  client: pg.ClientBase,
  relation: string,
  columns: readonly string[],
): Promise<Pick<NetChanges, 'deleted' | 'columns'>> {
  const { rows } = await client.query<{ deleted: string; columns: number[] }>(
    `select count(*) filter (where old is not null and new is null) as deleted,
            (select coalesce(json_agg(i order by i), '[]') from generate_series(1, $1::int) i
              where exists (select from ${relation} where old is not null and new is not null and old[i] is distinct from new[i])) as columns
       from ${relation}`,
    [columns.length],
  )
  const [found] = rows
  return {
    deleted: Number(found?.deleted ?? 0),
    columns: (found?.columns ?? []).map((i) => columns[i - 1] ?? ''),
  }
}

/** A row of which this log has no version before, and one of which it has none after. */
const isFirst = (log: string, row: string) =>
  `not exists (select from ${log} before where before.new_place = ${row}.old_place)`
const isLast = (log: string, row: string) =>
  `not exists (select from ${log} later where later.old_place = ${row}.new_place)`

const keyIn = (image: string, positions: readonly number[]) =>
  `array[${positions.map((i) => `${image}[${i}]`).join(', ')}]`

/**
 * An UPDATE that moves a row to another partition is recorded as a DELETE there, and as an INSERT here right after it. So may
 * two rows be, of which a trigger deletes one and inserts the other: where a key says so, what was deleted is another row.
 */
async function pairMoves(
  client: pg.ClientBase,
  log: string,
  positions: readonly number[],
): Promise<void> {
  const isOther = [
    `same.op = 'I' and ${keyIn('same.new', positions)} = ${keyIn('gone.old', positions)} and ${isLast(log, 'same')}`,
    `same.op = 'D' and ${keyIn('same.old', positions)} = ${keyIn('here.new', positions)} and ${isFirst(log, 'same')}`,
  ].map((is) => `and not exists (select from ${log} same where ${is})`)
  await client.query(
    `with moved as (
       select gone.n as gone, here.n as here, gone.old, gone.old_place, gone.stamp from ${log} gone join ${log} here on here.n = gone.n + 1
        where gone.op = 'D' and here.op = 'I' and split_part(gone.old_place, ' ', 1) <> split_part(here.new_place, ' ', 1) ${positions.length > 0 ? isOther.join(' ') : ''}),
     updated as (update ${log} set op = 'U', old = moved.old, old_place = moved.old_place, stamp = moved.stamp from moved where n = moved.here)
     delete from ${log} using moved where n = moved.gone`,
  )
}

/** TRUNCATE may leave a table its file, and give its places to other rows: their versions get the number of what came before. */
async function tellEmptiedApart(client: pg.ClientBase, log: string): Promise<void> {
  await client.query(
    `update ${log} l set old_place = old_place || ' ' || before, new_place = new_place || ' ' || before
       from (select n as nth, count(*) filter (where op = 'T') over (partition by split_part(coalesce(new_place, old_place), ' ', 1) order by n) as before from ${log}) as emptied
      where n = nth and op <> 'T' and before > 0`,
  )
}

const fileIn = (version: string) =>
  `split_part(${version}, ' ', 1) = $1 and split_part(${version}, ' ', 3)`

/** In a table that was rewritten all rows have other places. There the key tells which is which. */
async function linkRewritten(
  client: pg.ClientBase,
  log: string,
  positions: readonly number[],
): Promise<void> {
  const { rows: files } = await client.query<{ part: string; file: string; since: string }>(
    `select split_part(version, ' ', 1) as part, split_part(version, ' ', 3) as file, min(n)::text as since
       from (select n, coalesce(old_place, new_place) as version from ${log} where op <> 'T') l group by 1, 2 order by min(n)`,
  )
  for (const { part, file, since } of files) {
    if (files.find((other) => other.part === part)?.file === file) continue
    await client.query(
      `update ${log} l set old_place = before.new_place from ${log} before
        where ${fileIn('l.old_place')} = $2 and ${isFirst(log, 'l')} and before.n < $3 and ${fileIn('before.new_place')} <> $2 and ${isLast(log, 'before')}
          and ${keyIn('before.new', positions)} = ${keyIn('l.old', positions)}`,
      [part, file, since],
    )
  }
}

/**
 * SQL: from version to version, what became of each row. One that is gone and inserted again is the same: by its key, or
 * without one by all of its values. A row without a key has no place any more where its table was rewritten.
 */
function foldLog(log: string, positions: readonly number[]): string {
  const known = (image: string) => (positions.length > 0 ? keyIn(image, positions) : image)
  const numbered = (image: string, which: string) =>
    `select *, ${known(image)} as known, row_number() over (partition by ${known(image)} order by n) as nth from change where ${which}`
  return `with recursive chain as (
      select n as first, n as last, new_place from ${log} l where op <> 'T' and ${isFirst(log, 'l')}
      union all
      select first, next.n, next.new_place
        from chain cross join lateral (select n, new_place from ${log} where old_place = chain.new_place limit 1) as next),
    whole as (select a.n, a.old, a.stamp, a.old_place, z.new, z.new_place,
             first_value(split_part(coalesce(a.old_place, a.new_place), ' ', 3)) over (partition by split_part(coalesce(a.old_place, a.new_place), ' ', 1) order by a.n) as file
        from chain join ${log} a on a.n = first join ${log} z on z.n = last where ${isLast(log, 'chain')}),
    change as (select n, old, new, stamp, case when split_part(old_place, ' ', 3) = file and split_part(new_place, ' ', 3) = ${fileAt('new_place')}::text then ${placeOf('new_place')} end as place from whole),
    gone as (${numbered('old', 'old is not null and new is null')}),
    here as (${numbered('new', 'old is null and new is not null')})
    select n, old, new, place, stamp from change where old is not null and new is not null
    union all
    select gone.n, gone.old, here.new, here.place, gone.stamp from gone left join here using (known, nth)`
}

/** Copies the deleted rows into a relation of the archive: a column of text for each of the table's. */
export async function copyDeleted(
  client: pg.ClientBase,
  { relation }: NetChanges,
  columns: readonly string[],
  target: string,
): Promise<void> {
  const list = columns.map((column, i) => `old[${i + 1}] as ${quoteName(column)}`)
  await createRelation(
    client,
    target,
    `as select ${list.join(', ')} from ${relation} where old is not null and new is null order by n`,
  )
}
