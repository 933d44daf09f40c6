import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { query } from '../testing/query.ts'
import { useWayBack } from '../testing/way-back.ts'

/** Rows of another server that a statement reaches through a table of this one: nothing keeps them, so they are named before. */

const way = useWayBack()
let other: TestDatabase

beforeEach(async () => {
  other = await createTestDatabase()
  await query(other.url, `create table r (k int, v text); insert into r values (2, 'remote')`)
})

afterEach(() => other.drop())

async function connectToOther(): Promise<void> {
  const { hostname, port, pathname, username, password } = new URL(other.url)
  await way.sql(
    `create extension postgres_fdw;
     create server other foreign data wrapper postgres_fdw options (host '${hostname}', port '${port}', dbname '${pathname.slice(1)}');
     create user mapping for current_user server other options (user '${username}', password '${password}')`,
  )
}

const FOREIGN = `server other options (table_name 'r')`
const PARTITIONED = `create table p (k int, v text) partition by list (k); create table p1 partition of p for values in (1);
  create foreign table p2 partition of p for values in (2) ${FOREIGN}; insert into p values (1, 'here')`
const HEIR = `create table p (k int, v text); create foreign table p2 () inherits (p) ${FOREIGN}; insert into p values (1, 'here')`

test.each([
  ['a partition', PARTITIONED, `update p set v = 'x'`],
  ['a partition', PARTITIONED, 'delete from p'],
  ['a partition', PARTITIONED, 'truncate p'],
  ['an heir', HEIR, `update p set v = 'x'`],
  ['an heir', HEIR, 'delete from p'],
  ['an heir', HEIR, 'truncate p'],
])('%s on another server is named before: $2', async (_, make, down) => {
  await connectToOther()
  await way.sql(make)
  const project = await way.project({
    Migration1: { up: 'select 1', down: 'select 1' },
    Migration2: { up: 'select 1', down },
  })
  await way.up(project)
  await way.keepForGood()
  await expect(way.down(project, 'Migration1')).rejects.toMatchObject({
    code: 'LOSSES_UNCONFIRMED',
    details: {
      losses: expect.arrayContaining(['rows of the foreign table public.p2: cannot be counted']),
    },
  })
  expect(await query(other.url, 'select * from r')).toEqual([{ k: 2, v: 'remote' }])
  await way.down(project, 'Migration1', { yes: true })
  await way.up(project)
  expect(
    await way.sql('select k, v from only p union all select k, v from p where k = 1'),
  ).toContainEqual({ k: 1, v: 'here' })
})
