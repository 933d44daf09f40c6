import { afterAll, expect, test, vi } from 'vitest'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { canonicalText } from './canonical-text.ts'
import { fingerprint, readCatalog } from './index.ts'
import { connect, majorOf, say } from './tests/database.ts'
import { dumpDatabase, hasPgDump } from './tests/dump.ts'
import { conditionsOf, fill } from './tests/zoo/fill.ts'
import { restore } from './tests/zoo/restore.ts'
import { tokenize } from './token-tree.ts'

// PostgreSQL deparses an expression to a text that it does not give back when it has read it: after
// pg_dump and psql a CHECK reads differently, and means the same.

/** Thousands of definitions, made three times. */
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const database = await createTestDatabase()
const client = await connect(database.url)
const major = await majorOf(client)
const places = await fill(client, major)
const original = await readCatalog(client, { exclude: ['migrator'] })

afterAll(async () => {
  await client.end()
  await database.drop()
})

test('a database equals its own restore, and the restore of that', { tags: 'long' }, async () => {
  console.log(`${conditionsOf(major).length} conditions in ${places} places`)
  await using first = await createTestDatabase()
  await using one = await connect(first.url)
  await restore(client, one)
  const restored = await readCatalog(one, { exclude: ['migrator'] })
  expect(say(restored, original)).toEqual([])

  await using second = await createTestDatabase()
  await using two = await connect(second.url)
  await restore(one, two)
  const again = await readCatalog(two, { exclude: ['migrator'] })
  expect(say(again, original)).toEqual([])
  expect(fingerprint(again)).toBe(fingerprint(original))
})

test('it equals what pg_dump makes of it', async ({ skip }) => {
  skip(!hasPgDump(major), `there is no pg_dump ${major}`)
  await using other = await createTestDatabase()
  await using one = await connect(other.url)
  await one.query(dumpDatabase(database.url, major))
  const restored = await readCatalog(one, { exclude: ['migrator'] })
  expect(say(restored, original)).toEqual([])
})

await client.query(`set search_path = pg_catalog, pg_temp`)
const { rows: checks } = await client.query<{ condition: number; text: string }>(
  `select substr(connamespace::regnamespace::text, 3)::int as condition,
     pg_get_expr(conbin, conrelid) as text
   from pg_constraint where conname = 'checked' order by 1`,
)

test('PostgreSQL reads a canonical text as it reads its own', async () => {
  await client.query('begin')
  for (const { condition, text } of checks) {
    const canonical = withQuotes(canonicalText(text))
    await client.query(
      `alter table c_${condition}.item add constraint canonical check (${canonical})`,
    )
  }
  const { rows } = await client.query<{ text: string; canonical: string }>(
    `select pg_get_expr(a.conbin, a.conrelid) as text, pg_get_expr(b.conbin, b.conrelid) as canonical
     from pg_constraint a join pg_constraint b using (conrelid)
     where a.conname = 'checked' and b.conname = 'canonical'`,
  )
  await client.query('rollback')
  expect(rows).toHaveLength(checks.length)
  const differ = rows.filter((row) => canonicalText(row.text) !== canonicalText(row.canonical))
  expect(differ).toEqual([])
})

/** The quotes without which SQL reads another name. */
function withQuotes(canonical: string): string {
  return canonical
    .replaceAll(/::bit(?!\(| varying)/g, '::"bit"')
    .replaceAll(/\bselect\b/g, '"select"')
}

test('conditions that mean different things read as different', () => {
  const conditions = conditionsOf(major)
  const same = [...Map.groupBy(checks, ({ text }) => canonicalText(text)).values()]
    .filter((group) => group.length > 1)
    .map((group) => group.map(({ condition }) => conditions[condition]))
  expect(same).toEqual(SAME)
})

/** Other words for the same. */
const SAME = [
  [
    "v in ('a', 'b')",
    "v = any (array['a', 'b'])",
    "v = any (array['a', 'b']::varchar[])",
    "v = any (array['a', 'b']::text[])",
  ],
  ["v not in ('a', 'b')", "v <> all (array['a', 'b'])"],
  [`v collate "C" in ('a', 'b')`, `v::text collate "C" = any (array['a'::varchar, 'b'])`],
  ['(n > 1 and n < 5) and (big > 1 and big < 5)', 'n > 1 and (n < 5 and (big > 1 and big < 5))'],
  ['(n > 1 or n < 5) or (big > 1 or big < 5)', 'n > 1 or (n < 5 or (big > 1 or big < 5))'],
  ['n = 1', "n = '1'::int"],
  ["va = array['a', 'b']::varchar(3)[]", "va = (array['a', 'b']::varchar[])::varchar(3)[]"],
]

test('a text in which one thing was changed reads as different', () => {
  const texts = [...new Set(checks.map(({ text }) => text))]
  const blind = texts.flatMap((text) => {
    const canonical = canonicalText(text)
    return mutationsOf(text).filter((mutation) => canonicalText(mutation) === canonical)
  })
  expect(blind).toEqual([])
})

/** The text with one token changed at a time: another constant, length, type, operator or name. */
function mutationsOf(text: string): string[] {
  const tokens = tokenize(text)
  return tokens.flatMap((token, i) => {
    const changed = changedToken(token)
    return changed === undefined ? [] : [tokens.with(i, changed).join('')]
  })
}

function changedToken(token: string): string | undefined {
  if (/^\d$/.test(token)) return String((Number(token) + 1) % 10)
  if (token.startsWith(`'`)) return `'x${token.slice(1)}`
  if (/^[<>=+*~&|@#%^-]$/.test(token)) return '!'
  const words: Record<string, string> = {
    AND: 'OR',
    OR: 'AND',
    ANY: 'ALL',
    ALL: 'ANY',
    TRUE: 'FALSE',
    text: 'varchar',
    varying: 'text',
  }
  return words[token] ?? (/^["\p{L}]/u.test(token) ? `${token.replace(/"$/, '')}_2` : undefined)
}
