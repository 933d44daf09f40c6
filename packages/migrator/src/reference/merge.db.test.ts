import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { query } from '../testing/query.ts'
import { ship } from './tests/ship.ts'

/** Three values of a type, and the first in another spelling that PostgreSQL takes for the same. */
const TYPES: Readonly<Record<string, readonly [string | null, string, string, string | null]>> = {
  text: ['a', 'A', 'a ', 'a'],
  'character varying(3)': [null, '', 'b', null],
  'numeric(10,2)': ['1.0', '1.01', '-1', '1.004'],
  'double precision': ['NaN', '0.1', '1e300', 'nan'],
  'timestamp with time zone': [
    '2026-01-01 00:00+00',
    '2026-01-01 00:00:00.000001+00',
    'infinity',
    '2026-01-01 02:00+02',
  ],
  jsonb: ['{"a": 1, "b": [null]}', 'null', '{"a": 1}', '{"b":[null],"a":1.0}'],
  json: ['{"a":1}', 'null', '[]', '{"a":1}'],
  'text[]': ['{a,NULL}', '{a,"NULL"}', '{{a},{b}}', '{ a , null }'],
  citext: ['a', 'b', 'ä', 'A'],
  bytea: ['\\x00ff', '\\x', '\\x27', '\\000\\377'],
  int4range: ['[1,3)', 'empty', '(,)', '[1,2]'],
  '"odd ""Domain"': ['x', 'y', 'z', 'x'],
  '"Odd.enum"': ['b', 'a', 'c', 'b'],
}

const ACTIONS = ['cascade', 'set null', 'restrict', 'no action', 'set default'] as const

const VERSIONS = [undefined, 0, 1, 2] as const
type Version = (typeof VERSIONS)[number]

/** A row by what was shipped, what is there and what is shipped now: a place among the three values, or none. */
interface Case {
  readonly key: string
  readonly base: Version
  readonly theirs: Version
  readonly ours: Version
  readonly isReferenced: boolean
}

const CASES: readonly Case[] = VERSIONS.flatMap((base) =>
  VERSIONS.flatMap((theirs) =>
    VERSIONS.flatMap((ours) =>
      [false, true]
        .filter((isReferenced) => !isReferenced || theirs !== undefined)
        .map((isReferenced) => ({
          key: `${[base, theirs, ours].map((one) => one ?? '-').join('')}${isReferenced ? ' Ref' : ''}`,
          base,
          theirs,
          ours,
          isReferenced,
        })),
    ),
  ),
)

/** The rules of the issue, word by word. */
function expected({ base, theirs, ours, isReferenced }: Case): {
  readonly row: Version
  readonly reason?: string
} {
  if (ours === undefined) {
    if (theirs === undefined || base === undefined) return { row: theirs }
    if (theirs !== base) return { row: theirs, reason: 'edited-row' }
    return isReferenced ? { row: theirs, reason: 'referenced' } : { row: undefined }
  }
  if (theirs === undefined)
    return base === undefined ? { row: ours } : { row: undefined, reason: 'deleted' }
  if (theirs === ours) return { row: ours }
  if (base === undefined) return { row: theirs, reason: 'own-row' }
  if (theirs === base) return { row: ours }
  return { row: theirs, reason: ours === base ? 'edited' : 'conflict' }
}

const literal = (value: string | null | undefined) =>
  typeof value === 'string' ? quoteLiteral(value) : 'null'

/** What users do to make a row what is there. */
function edits(
  { key, base, theirs, isReferenced }: Case,
  {
    sql,
    values,
    child,
  }: { readonly sql: string; readonly values: readonly (string | null)[]; readonly child: string },
): string[] {
  const value = literal(values[theirs === 0 ? 3 : (theirs ?? 0)])
  const change =
    theirs === undefined
      ? [`delete from ${sql} where "The key" = '${key}'`]
      : base === undefined
        ? [`insert into ${sql} ("The key", "v""") values ('${key}', ${value})`]
        : theirs === base
          ? []
          : [`update ${sql} set "v""" = ${value} where "The key" = '${key}'`]
  return [...change, ...(isReferenced ? [`insert into ${child} values ('${key}')`] : [])]
}

test('every row in three versions becomes what the rules say, whatever its type, and referenced rows stay', async () => {
  await using database = await createTestDatabase()
  const { url } = database
  await query(
    url,
    `create extension citext;
     create domain "odd ""Domain" as text not null check (value <> '');
     create type "Odd.enum" as enum ('b', 'a', 'c')`,
  )
  const tables = Object.entries(TYPES).map(([type, values], i) => ({
    table: `T.${i} "${'x'.repeat(20)}`,
    sql: `"T.${i} ""${'x'.repeat(20)}"`,
    type,
    values,
    action: ACTIONS[i % ACTIONS.length] ?? 'cascade',
    child: `child_${i}`,
  }))
  const shippedAs = (version: 'base' | 'ours') =>
    tables.map(({ table, values }) => ({
      table,
      key: ['The key'],
      rows: CASES.flatMap((one) => {
        const place = one[version]
        return place === undefined ? [] : [{ 'The key': one.key, 'v"': values[place] ?? null }]
      }),
    }))
  for (const { sql, type, action, child } of tables) {
    await query(
      url,
      `create table ${sql} (id int generated always as identity primary key, "v""" ${type}, "The key" text unique, unstated text default 'u');
       create table ${child} (
         k text default 'none' references ${sql} ("The key") on delete ${action})`,
    )
  }
  await ship(url, shippedAs('base'))
  await query(
    url,
    tables
      .flatMap(({ sql, values, child }) =>
        CASES.flatMap((one) => edits(one, { sql, values, child })),
      )
      .join(';\n'),
  )

  const { kept } = await ship(url, shippedAs('ours'))
  for (const { table, sql, type, values, child } of tables) {
    const cast = type === 'json' ? '::text' : ''
    const found = await query<{ key: string; version: number }>(
      url,
      `select "The key" as key, (select n - 1 from unnest(array[${values
        .slice(0, 3)
        .map(literal)
        .join(', ')}]) with ordinality as one(v, n)
                 where record_eq(row("v"""${cast}), row(v::${type}${cast})) order by n limit 1)::int as version from ${sql}`,
    )
    const versions = new Map(found.map(({ key, version }) => [key, version]))
    const outcome = CASES.map((one) => ({
      key: one.key,
      row: versions.get(one.key),
      reason: kept?.find((kept) => kept.table.includes(table) && kept.key === one.key)?.reason,
    }))
    expect({ type, outcome }).toEqual({
      type,
      outcome: CASES.map((one) => ({ key: one.key, reason: undefined, ...expected(one) })),
    })
    const [{ n } = { n: -1 }] = await query<{ n: number }>(
      url,
      `select count(*)::int as n from ${child} where k <> 'none'`,
    )
    expect({ type, n }).toEqual({ type, n: CASES.filter((one) => one.isReferenced).length })
  }

  const before = await Promise.all(
    tables.map(({ sql }) => query(url, `select xmin, * from ${sql}`)),
  )
  const again = await ship(url, shippedAs('ours'))
  expect(again.seeded.filter((line) => /: (inserted|updated|removed)$/.test(line))).toEqual([])
  expect(
    await Promise.all(tables.map(({ sql }) => query(url, `select xmin, * from ${sql}`))),
  ).toEqual(before)
})
