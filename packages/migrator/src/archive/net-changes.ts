import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import type { Capture } from './capture.ts'
import { inArchive } from './schema.ts'
import { keyWithout } from './tables.ts'

/**
 * What a captured segment did to the rows of one table on balance: a row that it changed twice was changed
 * once, and one that it inserted and deleted again never was.
 */
export interface NetChanges {
  /** Quoted and qualified: `old` and `new`, the texts of a row; `new` is NULL where the row is gone. */
  readonly relation: string
  readonly deleted: number
  readonly overwritten: number
  /** Columns of which some row has another value now. */
  readonly columns: readonly string[]
  /** The columns that find a row; empty: all of its values together do. */
  readonly key: readonly string[]
}

/** Reads the log of a capture, which is gone afterwards; the relation of the result is the caller's to drop. */
export async function netChanges(client: pg.ClientBase, capture: Capture): Promise<NetChanges> {
  const { table, log, columns } = capture
  const key = keyWithout(table, []) ?? []
  const relation = inArchive(`net_${table.oid}`)
  await client.query(
    `create table ${relation} (n bigint generated always as identity primary key, identity text[], old text[], new text[])`,
  )
  const { rows: ops } = await client.query<{ op: string }>(`select distinct op from ${log}`)
  if (ops.every(({ op }) => op === 'D')) {
    await client.query(`insert into ${relation} (old) select old from ${log} order by n`)
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
  const { rows } = await client.query<{ deleted: string; overwritten: string; columns: number[] }>(
    `select count(*) filter (where old is not null and new is null) as deleted,
            count(*) filter (where old is distinct from new and old is not null and new is not null) as overwritten,
            (select coalesce(json_agg(i order by i), '[]') from generate_series(1, $1::int) i
              where exists (select from ${relation} where old is not null and new is not null and old[i] is distinct from new[i])) as columns
       from ${relation}`,
    [columns.length],
  )
  const [found] = rows
  return {
    relation,
    key,
    deleted: Number(found?.deleted ?? 0),
    overwritten: Number(found?.overwritten ?? 0),
    columns: (found?.columns ?? []).map((i) => columns[i - 1] ?? ''),
  }
}

/** `positions`: of the key's columns in an image of a row, from 1. */
function foldLog(log: string, relation: string, positions: readonly number[]): string {
  const identity = (image: string) =>
    positions.length === 0 ? image : `array[${positions.map((i) => `${image}[${i}]`).join(', ')}]`
  const found = (who: string, state: string) =>
    `(select n from ${relation} where hash_array(identity) = hash_array(${who})
        and identity is not distinct from ${who} and new is ${state} limit 1)`
  return `do $body$
    declare change record; who text[]; met bigint;
    begin
      for change in select * from ${log} order by n loop
        if change.op = 'I' then
          who := ${identity('change.new')};
          met := ${found('who', 'null')};
          if met is null then insert into ${relation} (identity, new) values (who, change.new);
          else update ${relation} set new = change.new where n = met;
          end if;
        else
          who := ${identity('change.old')};
          met := ${found('who', 'not null')};
          if met is null then
            insert into ${relation} (identity, old, new)
              values (case change.op when 'U' then ${identity('change.new')} else who end, change.old, change.new);
          elsif change.op = 'U' then
            update ${relation} set new = change.new, identity = ${identity('change.new')} where n = met;
          else
            delete from ${relation} where n = met and old is null;
            update ${relation} set new = null where n = met;
          end if;
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
  await client.query(
    `create table ${target} as select ${list.join(', ')} from ${relation} where old is not null and new is null order by n`,
  )
}
