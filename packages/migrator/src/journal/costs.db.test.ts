import { expect, test } from 'vitest'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { databaseTarget, run } from '../index.ts'
import { connect } from '../catalog/tests/database.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { readState } from './state.ts'

// Counted, not timed: 35,000 migrations took half a minute when each row of the journal read all of
// the ledger.

const LEDGER = { table: 'mikro_orm_migrations' }

test('reading the state reads each row of ledger and journal a few times, however many there are', async () => {
  await using database = await createTestDatabase()
  const project = await sqlProject({
    Migration0: { up: 'create table t (id int)', down: 'drop table t' },
  })
  await run(project, databaseTarget(database.url, {}), { direction: 'up', target: 'head' })
  await project.drop()
  await using client = await connect(database.url)
  await client.query(`insert into mikro_orm_migrations (name, executed_at)
    select 'Migration' || i, executed_at from mikro_orm_migrations, generate_series(1, 1999) i`)
  const { rows } = await client.query<{ columns: string }>(
    `select string_agg(quote_ident(attname), ', ') as columns from pg_attribute
     where attrelid = 'migrator.history'::regclass and attnum > 0 and attname not in ('id', 'migration')`,
  )
  const columns = rows[0]?.columns ?? ''
  await client.query(`insert into migrator.history (migration, ${columns})
    select 'Migration' || i, ${columns} from migrator.history, generate_series(1, 1999) i
    where event in ('started', 'done') order by i, id`)

  const before = await rowsRead(client)
  const state = await readState(client, LEDGER)
  const read = (await rowsRead(client)) - before
  expect(state.ledger).toHaveLength(2000)
  expect(state.completed.size).toBe(2000)
  // 2,000 rows of the ledger, 4,000 of the journal.
  expect(read).toBeLessThan(10 * 6000)
})

async function rowsRead(client: Awaited<ReturnType<typeof connect>>): Promise<number> {
  await client.query('select pg_stat_force_next_flush()')
  await client.query('select pg_stat_clear_snapshot()')
  const { rows } = await client.query<{ read: string }>(
    `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) as read from pg_stat_user_tables
     where relname in ('mikro_orm_migrations', 'history')`,
  )
  return Number(rows[0]?.read)
}
