import { readFile } from 'node:fs/promises'
import type { ClientBase } from 'pg'
import { CONDITIONS, CONDITIONS_OF_16, CONDITIONS_OF_17 } from './expressions.ts'
import {
  BODIES,
  BODIES_OF_17,
  QUERIES,
  QUERIES_OF_16,
  QUERIES_OF_17,
  STATEMENTS,
} from './queries.ts'

/** The conditions of this version. */
export function conditionsOf(major: number): string[] {
  return [...CONDITIONS, ...since(16, CONDITIONS_OF_16), ...since(17, CONDITIONS_OF_17)]

  function since(version: number, conditions: readonly string[]): readonly string[] {
    return major >= version ? conditions : []
  }
}

/**
 * Puts every expression wherever PostgreSQL takes it: condition `i` in the schema `c_<i>`. Throws
 * where nothing takes one. Returns how many places took one.
 */
export async function fill(client: ClientBase, major: number): Promise<number> {
  await client.query(await readFile(new URL('ground.sql', import.meta.url), 'utf8'))
  const bodies = [...BODIES, ...(major >= 17 ? BODIES_OF_17 : [])]
  for (const [i, body] of bodies.entries()) {
    await client.query(`create function body_${i}(int) ${body}`)
  }
  let count = STATEMENTS.length + bodies.length
  for (const [i, query] of queriesOf(major).entries()) {
    count += await countTaken(client, query, [
      `create view q_${i} as ${query}`,
      `create materialized view m_${i} as ${query} with no data`,
      `create function f_${i}() returns bigint begin atomic select count(*) from (${query}) q; end`,
    ])
  }
  for (const sql of STATEMENTS) await client.query(sql)
  const columns = await readColumns(client)
  for (const [i, condition] of conditionsOf(major).entries()) {
    const words = new Set(condition.match(/\w+/g))
    const own = columns.filter(({ name }) => ['id', 'n'].includes(name) || words.has(name))
    const table = own.map(({ sql }) => sql).join(', ')
    await client.query(
      `create schema c_${i}; set search_path = c_${i}, zoo, public; create table item (${table})`,
    )
    count += await countTaken(client, condition, placesOf(condition, table))
  }
  return count
}

function queriesOf(major: number): string[] {
  const of16 = major >= 16 ? QUERIES_OF_16 : []
  return [...QUERIES, ...of16, ...(major >= 17 ? QUERIES_OF_17 : [])]
}

function placesOf(condition: string, table: string): string[] {
  return [
    `alter table item add constraint checked check (${condition})`,
    `create index indexed on item ((${condition})) where ${condition}`,
    `create policy p on item using (${condition}) with check (not (${condition}))`,
    `create view viewed as select (${condition}) as r, id from item
     where ${condition} and ${condition} order by (${condition})`,
    `create view joined as select o.id, item.n from item
     left join zoo.other o on (${condition}) and ${condition}`,
    `create statistics counted on (${condition}), n from item`,
    `create function body() returns setof boolean
     begin atomic select ${condition} from item where ${condition}; end`,
    `create table generated (${table}, g boolean generated always as (${condition}) stored)`,
    `create table parted (${table}) partition by list ((${condition}))`,
  ]
}

/** Not every place takes every expression: a CHECK takes no sub-query. */
async function countTaken(client: ClientBase, what: string, places: string[]): Promise<number> {
  let count = 0
  let cause: unknown
  for (const place of places) {
    try {
      await client.query(place)
      count += 1
    } catch (error) {
      cause = error
    }
  }
  if (count === 0) throw new Error(`No place takes: ${what}`, { cause })
  return count
}

async function readColumns(client: ClientBase): Promise<{ name: string; sql: string }[]> {
  const { rows } = await client.query<{ name: string; sql: string }>(
    `select attname::text as name, format('%I %s %s', attname, format_type(atttypid, atttypmod),
       'collate ' || nullif(attcollation, typcollation)::regcollation::text) as sql
     from pg_attribute join pg_type t on t.oid = atttypid
     where attrelid = 'zoo.item'::regclass and attnum > 0`,
  )
  return rows
}
