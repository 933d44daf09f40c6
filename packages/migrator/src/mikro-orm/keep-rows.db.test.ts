import { Migration } from '@mikro-orm/migrations'
import { expect, test } from 'vitest'
import type { MigrationContract } from '../migration.ts'
import { code, emptyDatabase, listedOn, query, type Statements } from './tests/drop-in.ts'

function keeping(keepRows: string, { up, isTransactional = true }: Statements) {
  return class extends Migration implements MigrationContract {
    readonly keepRows = keepRows
    override async up() {
      for (const sql of up) this.addSql(sql)
      if (up.length === 0) await this.execute('select 1')
    }
    override down() {
      this.addSql('select 1')
    }
    override isTransactional() {
      return isTransactional
    }
  }
}

const up = [`update t set v = 'new'; delete from t where id = 2`]

test('a migration says that its rows are kept, and down restores them', async () => {
  const { url } = await emptyDatabase()
  await query(
    url,
    `create table t (id int primary key, v text); insert into t values (1, 'a'), (2, 'b')`,
  )
  const { migrator, rows } = await listedOn(url, { M1: keeping('64 kB', { up }) })
  await migrator.up()
  expect(await rows('select * from t')).toEqual([{ id: 1, v: 'new' }])
  await migrator.down()
  expect(await rows('select * from t order by id')).toEqual([
    { id: 1, v: 'a' },
    { id: 2, v: 'b' },
  ])
})

test('it is part of what is hashed', async () => {
  const { url } = await emptyDatabase()
  await query(url, 'create table t (id int, v text)')
  await (await listedOn(url, { M1: keeping('1MB', { up }) })).migrator.up()
  const { migrator } = await listedOn(url, { M1: keeping('2MB', { up }) })
  await expect(migrator.up()).rejects.toEqual(code('APPLIED_EDITED'))
})

test.each([
  ['much', { up }, /keepRows is "much", and not a size like '64MB'/],
  ['64', { up }, /keepRows is "64"/],
  ['64MB', { up: [] }, /keepRows is for statements in a transaction/],
  ['64MB', { up, isTransactional: false }, /keepRows is for statements in a transaction/],
])('%j of %j is refused in one line', async (keepRows, statements, says) => {
  const { url } = await emptyDatabase()
  const { migrator } = await listedOn(url, { M1: keeping(keepRows, statements) })
  await expect(migrator.up()).rejects.toThrow(says)
})
