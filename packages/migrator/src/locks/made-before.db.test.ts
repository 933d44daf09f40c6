import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { withClient } from '../testing/query.ts'
import { inRolledBackTransaction } from '../session/transaction.ts'
import { readStatements } from '../sql/read-statement.ts'
import { lockTargets, meantBy } from './lock-targets.ts'

const GIVEN = `create table t (n int primary key, v text);
  create domain plain as int; create domain checked as int check (value > 0);
  create function late() returns int language plpgsql stable as 'begin return random(); end';
  create function steady() returns int language sql stable return 1`

/** What the last of the statements does to `t`, while none of them has run. */
const CASES: readonly (readonly [text: string, does: string | undefined])[] = [
  ['create domain d as int check (value > 0); alter table t add c d', 'rewrite'],
  ['create domain d as int not null; alter table t add c d default 1', 'rewrite'],
  ['create domain d as int; alter table t add c d', undefined],
  ['create domain d as plain; alter table t add c d', undefined],
  ['create domain d as checked; alter table t add c d', 'rewrite'],
  ['create domain d as checked; create domain e as d; alter table t add c e', 'rewrite'],
  ['alter domain plain add check (value < 9); alter table t add c plain', 'rewrite'],
  ['alter domain plain set not null; alter table t add c plain default 1', 'rewrite'],
  ['alter domain checked rename to d; alter table t add c d', 'rewrite'],
  ['create domain d as float8 default random(); alter table t add c d', 'rewrite'],
  ['create domain d as float8 default random(); alter table t add c d default 1', undefined],
  ['create type mood as enum (); alter table t add c mood', undefined],
  ['alter table t add c plain; alter domain plain add check (value < 9)', 'scan'],
  [
    'create domain d as plain; alter table t add c d; alter domain plain add check (value < 9)',
    'scan',
  ],
  [
    'create function f() returns int language sql volatile return random()::int; alter table t add c int default f()',
    'rewrite',
  ],
  [
    'create function f() returns int language sql immutable return 1; alter table t add c int default f()',
    undefined,
  ],
  [
    'create or replace function steady() returns int language sql return random()::int; alter table t add c int default steady()',
    'rewrite',
  ],
  ['alter function late() volatile; alter table t add c int default late()', 'rewrite'],
  ['alter table t rename to u; alter table u alter v type int using 1', 'rewrite'],
  ['create schema s; alter table t set schema s; alter table s.t add check (n > 0)', 'scan'],
  ['create index i on t (v); reindex index i', 'build'],
]

test.each(CASES)('an earlier statement counts before it has run: %s', async (text, does) => {
  await using database = await createTestDatabase()
  await withClient(database.url, async (client) => {
    await client.query(`${GIVEN}; insert into t values (1, 'a'), (2, 'b')`)
    const statements = await readStatements(text, true)
    const last = statements.slice(-1)
    const earlier = statements.slice(0, -1)
    const find = async (scope: { readonly earlier?: typeof earlier }) => {
      const meant = await meantBy(client, { statements: last, settings: [], ...scope })
      return (await lockTargets(client, meant)).find(({ relation }) => relation === 't')
    }
    await inRolledBackTransaction(client, async () => {
      const foreseen = await find({ earlier })
      expect(foreseen?.work).toBe(does)
      const file = `select pg_relation_filenode(to_regclass($1))::text as file`
      const name = text.includes(' to u') ? 'u' : text.includes('schema s') ? 's.t' : 't'
      for (const { sql } of earlier) await client.query(sql)
      const before = await client.query(file, [name])
      for (const { sql } of last) await client.query(sql)
      const after = await client.query(file, [name])
      const isRewritten = JSON.stringify(before.rows) !== JSON.stringify(after.rows)
      expect(isRewritten).toBe(does === 'rewrite')
    })
  })
})
