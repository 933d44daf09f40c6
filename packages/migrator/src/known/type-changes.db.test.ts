import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { parseSql } from '../sql/parse.ts'
import { KnownObjects } from './known-objects.ts'
import { isInPlace, isLossy, listTypeChanges } from './type-changes.ts'

/** What is said of a change of types is held against what PostgreSQL does: whether the table has another file afterwards. */

const TYPES = [
  'varchar(10)',
  'varchar(20)',
  'varchar',
  'char(10)',
  'char(20)',
  'text',
  'int',
  'bigint',
  'smallint',
  'real',
  'double precision',
  'numeric(10,2)',
  'numeric(12,2)',
  'numeric(12,4)',
  'numeric',
  'timestamp',
  'timestamp(3)',
  'timestamptz',
  'timestamptz(3)',
  'date',
  'time',
  'interval',
  'interval(2)',
  'bit(5)',
  'bit(8)',
  'bit varying(5)',
  'bit varying(8)',
  'bit varying',
  'inet',
  'cidr',
  'json',
  'jsonb',
  'xml',
  'uuid',
  'int[]',
  'bigint[]',
  'varchar(10)[]',
  'varchar(20)[]',
  'varchar[]',
  'text[]',
  'timestamp(3)[]',
  'timestamp(6)[]',
  'bpchar',
  'timestamp(6)',
  'time(3)',
  'interval(6)',
  'interval year to month',
  'interval day to second',
  'name',
  '"char"',
]

/** A cast to a type without a length says what is done without it. */
const PAIRS = TYPES.flatMap((from) =>
  TYPES.flatMap((to) =>
    ['', ...(to.includes('(') ? [` using a::${to}`] : [])].map((using) => ({ from, to, using })),
  ),
)

/** The file of the table after each of the statements; undefined where PostgreSQL refuses one. */
async function readFiles(client: Client, statements: readonly string[]) {
  const files: unknown[] = []
  for (const sql of statements) {
    const results: unknown = await client
      .query(`${sql}; select pg_relation_filenode('t') as file`)
      .catch(() => undefined)
    if (!Array.isArray(results)) return undefined
    files.push(results.at(-1).rows[0].file)
  }
  return files
}

/** The text of a change, and what is said of it. */
async function judge(from: string, to: string, using: string) {
  const known = new KnownObjects()
  const sql = `alter table t alter a type ${to}${using}`
  for (const { node } of await parseSql(`create table t (a ${from})`)) known.learn(node)
  const changes = (await parseSql(sql)).flatMap(({ node }) => listTypeChanges(node, known))
  return { sql, inPlace: changes.every(isInPlace), lossy: changes.some(isLossy) }
}

test('what is said to be in place is, for every pair of types', { tags: 'long' }, async () => {
  await using database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  await client.query('set synchronous_commit = off')
  // The zone in which PostgreSQL does most; lint has a rule of its own for it.
  await client.query("set timezone = 'Asia/Tokyo'")
  const wrong: string[] = []
  let compared = 0
  for (const { from, to, using } of PAIRS) {
    const { sql, inPlace } = await judge(from, to, using)
    const files = await readFiles(client, [
      `drop table if exists t; create table t (a ${from})`,
      sql,
    ])
    if (!files) continue
    compared += 1
    const isSame = new Set(files).size === 1
    if (isSame !== inPlace) wrong.push(`${from}: ${sql}, said in place: ${inPlace}`)
  }
  await client.end()
  expect(wrong).toEqual([])
  expect(compared).toBeGreaterThan(300)
})

test.each([
  ['varchar(20)', 'varchar(10)', ' using a::varchar(10)', true],
  ['text', 'varchar(10)', ' using a::varchar(10)', true],
  // PostgreSQL refuses values that are too long.
  ['varchar(20)', 'varchar(10)', '', false],
  ['numeric(12,4)', 'numeric(12,2)', '', true],
  ['numeric(12,2)', 'numeric(12,4)', '', false],
  ['numeric', 'int', '', true],
  ['double precision', 'real', '', true],
  ['bigint', 'int', '', false],
  ['timestamptz', 'date', '', true],
  ['timestamp', 'timestamp(3)', '', true],
  ['timestamp(3)', 'timestamp(6)', '', false],
  ['timestamp', 'timestamp(6)', '', false],
  ['timestamptz', 'timetz', '', true],
  ['time', 'time(2)', '', true],
  ['interval(6)', 'interval(2)', '', true],
  ['interval', 'interval year to month', '', true],
  ['interval year to month', 'interval day to second', '', false],
  ['interval', 'time', '', true],
  ['bigint', 'double precision', '', true],
  ['int', 'double precision', '', false],
  ['serial', 'real', '', true],
  ['double precision', 'numeric', '', true],
  ['text', '"char"', '', true],
  ['bit(8)', 'bit(5)', ' using a::bit(5)', true],
  ['int', 'boolean', ' using a::boolean', true],
  ['inet', 'cidr', '', true],
])('%s to %s%s loses values: %s', async (from, to, using, lossy) => {
  expect((await judge(from, to, using)).lossy).toBe(lossy)
})
