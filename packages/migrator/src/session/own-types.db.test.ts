import { createTestDatabase } from '@techfacts/postgres/testing'
import { types as pgTypes } from 'pg'
import { afterEach, expect, test } from 'vitest'
import type { CodeSession } from '../migration.ts'
import { runEveryCommand } from '../testing/every-command.ts'
import { query } from '../testing/query.ts'
import { createRole } from '../testing/roles.ts'
import { useWayBack } from '../testing/way-back.ts'

/** Of every type that PostgreSQL has of its own: what a host may have set up for itself. */
const OIDS = Array.from({ length: 6000 }, (_, oid) => oid)
const TEXTS = new Set([25, 1043])

const types = pgTypes as unknown as {
  getTypeParser(oid: number): (text: string) => unknown
  setTypeParser(oid: number, parser: (text: string) => unknown): void
}

const before = new Map(OIDS.map((oid) => [oid, types.getTypeParser(oid)]))

function makeAbsurd(): void {
  for (const oid of OIDS.filter((one) => !TEXTS.has(one)))
    types.setTypeParser(oid, () => ({ absurd: oid }))
}

afterEach(() => {
  for (const [oid, parser] of before) types.setTypeParser(oid, parser)
})

const way = useWayBack()

test(
  'every command ends as usual, whatever parsers the host has set up for its own rows',
  { tags: 'long' },
  async () => {
    await using usual = await createTestDatabase()
    await using database = await createTestDatabase()
    const role = await createRole(usual.url)
    const expected = await runEveryCommand(usual.url, role.name)
    makeAbsurd()
    const outcomes = await runEveryCommand(database.url, role.name)
    for (const [oid, parser] of before) types.setTypeParser(oid, parser)
    // There the rows are read by the ORM.
    const within = { 'drop-in up in a transaction': 'TRANSACTION_UNUSABLE' }
    expect(outcomes).toEqual({ ...expected, ...within })
    for (const { url } of [usual, database]) await query(url, `drop owned by ${role.name}`)
    await role.drop()
  },
)

test('values come back as they were, and code reads as its host does', async () => {
  const seen: unknown[] = []
  const project = await way.project({
    M1: { up: 'create table a (id int primary key)', down: 'drop table a' },
    M2: {
      up: `alter table a add column n numeric, add column d date, add column b boolean[], add column j json`,
      down: 'alter table a drop column n, drop column d, drop column b, drop column j',
    },
    M3: {
      up: async (session: CodeSession) =>
        void seen.push((await session.query('select 1 as one')).rows[0]),
      down: '',
    },
  })
  await way.up(project)
  await way.sql(`insert into a values (1, 1.50, '2026-02-03', '{t,f,null}', '{"a": 1}')`)
  const rows = () => way.sql('select a::text from a')
  const then = await rows()
  makeAbsurd()
  await way.down(project, 'base')
  await way.up(project)
  expect(await rows()).toEqual(then)
  expect(seen).toEqual([{ one: 1 }, { one: { absurd: 23 } }])
})
