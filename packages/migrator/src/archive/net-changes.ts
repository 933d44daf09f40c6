import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import { leaveRestored } from './applied-again.ts'
import type { Capture } from './capture.ts'
import { createRelation, inArchive } from './schema.ts'
import { keyWithout } from './tables.ts'
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
  await createRelation(
    client,
    relation,
    '(n bigint generated always as identity primary key, identity text[], old text[], new text[], place text, stamp text)',
  )
  await client.query(`delete from ${log} where op = 'T'`)
  if (table.isPartitioned) await pairMoves(client, log)
  const { rows: ops } = await client.query<{ op: string }>(`select distinct op from ${log}`)
  if (ops.every(({ op }) => op === 'D')) {
    await client.query(
      `insert into ${relation} (old, stamp) select old, stamp from ${log} order by n`,
    )
  } else {
    await client.query(`create index on ${relation} (hash_array(identity))`)
    await client.query(
      foldLog(
        log,
        relation,
        key.map((name) => columns.indexOf(name) + 1),
      ),
    )
  }
  await client.query(`drop table ${log}`)
  if (ofRestored) await leaveRestored(client, relation, table.oid)
  const written = await newestWriter(client, relation, 'stamp')
  return { relation, key, written, ...(await summary(client, relation, columns)) }
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

/** An UPDATE that moves a row to another partition is recorded as a DELETE there, and as an INSERT here right after it. */
async function pairMoves(client: pg.ClientBase, log: string): Promise<void> {
  await client.query(
    `with moved as (
       select gone.n as gone, here.n as here, gone.old, gone.old_place, gone.stamp from ${log} gone join ${log} here on here.n = gone.n + 1
        where gone.op = 'D' and here.op = 'I' and split_part(gone.old_place, ' ', 1) <> split_part(here.new_place, ' ', 1)),
     updated as (update ${log} set op = 'U', old = moved.old, old_place = moved.old_place, stamp = moved.stamp from moved where n = moved.here)
     delete from ${log} using moved where n = moved.gone`,
  )
}

/**
 * `positions`: of the key's columns in an image of a row, from 1. Without a key a row is known by its place as long as
 * it is there, and by all of its values where it is gone: the same may be inserted again.
 */
function foldLog(log: string, relation: string, positions: readonly number[]): string {
  const keyIn = (image: string) => `array[${positions.map((i) => `${image}[${i}]`).join(', ')}]`
  const hasKey = positions.length > 0
  const alive = (when: 'old' | 'new') =>
    hasKey ? keyIn(`change.${when}`) : `array[change.${when}_place]`
  const gone = (image: string) => (hasKey ? keyIn(image) : image)
  const found = (who: string, state: string) =>
    `(select n from ${relation} where hash_array(identity) = hash_array(${who})
        and identity is not distinct from ${who} and new is ${state} limit 1)`
  return `do $body$
    declare change record; met bigint;
    begin
      for change in select * from ${log} order by n loop
        if change.op = 'I' then
          met := ${found(gone('change.new'), 'null')};
          if met is null then
            insert into ${relation} (identity, new, place) values (${alive('new')}, change.new, change.new_place);
          else
            update ${relation} set new = change.new, identity = ${alive('new')}, place = change.new_place where n = met;
          end if;
          continue;
        end if;
        met := ${found(alive('old'), 'not null')};
        if change.op = 'U' and met is null then
          insert into ${relation} (identity, old, new, place, stamp) values (${alive('new')}, change.old, change.new, change.new_place, change.stamp);
        elsif change.op = 'U' then
          update ${relation} set new = change.new, identity = ${alive('new')}, place = change.new_place where n = met;
        elsif met is null then
          insert into ${relation} (identity, old, stamp) values (${gone('change.old')}, change.old, change.stamp);
        else
          delete from ${relation} where n = met and old is null;
          update ${relation} set new = null, identity = ${gone('old')} where n = met;
        end if;
      end loop;
    end $body$`
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
