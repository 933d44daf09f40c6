import { Migration } from '@mikro-orm/migrations'
import { describe, expect, test } from 'vitest'
import { listed } from './tests/drop-in.ts'

/** A migration of code on a table with the rows 1 to 1000. */
function codeMigration(
  up: (migration: Migration) => Promise<unknown>,
  isTransactional = true,
): new (...args: never[]) => Migration {
  return class extends Migration {
    override async up() {
      await this.execute('create table if not exists t (id integer primary key, v text)')
      await this.execute(
        'insert into t select n from generate_series(1, 1000) n on conflict do nothing',
      )
      await up(this)
    }
    override isTransactional() {
      return isTransactional
    }
  }
}

interface Em {
  execute(sql: string, params?: unknown[]): Promise<Record<string, unknown>[]>
  transactional(work: (em: Em) => Promise<unknown>): Promise<unknown>
  fork(): Em
  getKysely(): Kysely
  getDriver(): { getConnection(): Streaming }
}
interface Streaming {
  stream(sql: string, params?: unknown[]): AsyncIterable<Record<string, unknown>>
}
interface Kysely {
  selectFrom(table: string): {
    selectAll(): { stream(size?: number): AsyncIterable<{ id: number }> }
  }
}

const emOf = (migration: Migration) => migration.getEntityManager() as unknown as Em
const streamOf = (migration: Migration, sql: string) =>
  emOf(migration).getDriver().getConnection().stream(sql)

const caught = async (migration: Migration) =>
  migration.execute('insert into t values (1)').catch(() => {})

const ask = async (migration: Migration) => emOf(migration).execute('select 1')

/** In the migrator's own transaction, in the caller's, and in none. */
const WAYS = ['own', 'caller', 'none'] as const

async function runAs(way: (typeof WAYS)[number], up: (migration: Migration) => Promise<unknown>) {
  const { orm, migrator, rows } = await listed({ M1: codeMigration(up, way !== 'none') })
  const work = () =>
    way === 'caller'
      ? orm.em.transactional((em) =>
          migrator.up({ transaction: em.getTransactionContext() as never }),
        )
      : migrator.up()
  return { work, rows }
}

describe.each(WAYS)('code, in a transaction of: %s', (way) => {
  test('streams rows, and writes while it reads', async () => {
    const { work, rows } = await runAs(way, async (migration) => {
      for await (const { id } of streamOf(migration, 'select id from t order by id')) {
        if (Number(id) % 100 === 0)
          await migration.execute(`update t set v = 'seen' where id = ${Number(id)}`)
      }
      const stream = emOf(migration).getKysely().selectFrom('t').selectAll().stream(7)
      for await (const { id } of stream) {
        if (id === 3) break
      }
      const written = streamOf(migration, `update t set v = 'written' where id < 3 returning id`)
      const seen = []
      for await (const { id } of written) seen.push(id)
      expect(seen).toHaveLength(2)
      const with_ = `with gone as (delete from t where id = 7 returning id) select id from gone`
      for await (const { id } of streamOf(migration, with_)) expect(id).toBe(7)
    })
    await work()
    expect(
      await rows(
        `select v, count(*)::integer as n from t where v is not null group by 1 order by 1`,
      ),
    ).toEqual([
      { v: 'seen', n: 10 },
      { v: 'written', n: 2 },
    ])
    expect(await rows('select from t')).toHaveLength(999)
  })

  test('a stream that fails ends in one line', async () => {
    const { work, rows } = await runAs(way, async (migration) => {
      for await (const row of streamOf(migration, 'select 1 / (id - 500) from t order by id'))
        void row
    })
    await expect(work()).rejects.toThrow(/^M1, segment 1, failed: .*division by zero/)
    expect(await rows(`select to_regclass('mikro_orm_migrations')::text as t`)).toEqual(
      way === 'caller' ? [{ t: null }] : [{ t: 'mikro_orm_migrations' }],
    )
  })

  test('runs queries at once, one after the other on its connection', async () => {
    const { work, rows } = await runAs(way, async (migration) => {
      const ids = [...Array(50).keys()].map((n) => n + 1)
      await Promise.all(
        ids.map((id) => emOf(migration).execute(`update t set v = 'x' where id = ?`, [id])),
      )
    })
    const warnings: Error[] = []
    const listener = (warning: Error) => void warnings.push(warning)
    process.on('warning', listener)
    await work()
    await new Promise((done) => setImmediate(done))
    process.off('warning', listener)
    expect(warnings).toEqual([])
    expect(await rows(`select from t where v = 'x'`)).toHaveLength(50)
  })

  test('of queries at once the first that fails is the error', async () => {
    const { work, rows } = await runAs(way, async (migration) => {
      await Promise.all([
        migration.execute('select nothing'),
        migration.execute(`update t set v = 'x'`),
        migration.execute('select nothing more'),
      ])
    })
    await expect(work()).rejects.toThrow(/failed: .*column "nothing" does not exist/)
    expect(await rows(`select to_regclass('t')::text as t`)).toEqual([
      { t: way === 'none' ? 't' : null },
    ])
  })

  test('a query that it does not wait for is an error, and not the end of the process', async () => {
    const { work } = await runAs(way, async (migration) => {
      void migration.execute('select pg_sleep(0)')
      void migration.execute('select nothing')
    })
    await expect(work()).rejects.toThrow(/^M1, segment 1, failed: .*await each/)
  })

  test('goes on after an error in a nested transaction', async () => {
    const { work, rows } = await runAs(way, async (migration) => {
      await emOf(migration)
        .transactional((em) => em.execute('insert into t values (1)'))
        .catch(() => {})
      await migration.execute(`update t set v = 'after' where id = 1`)
    })
    await work()
    expect(await rows('select v from t where id = 1')).toEqual([{ v: 'after' }])
  })

  test('nested transactions that overlap are refused', async () => {
    const { work } = await runAs(way, async (migration) => {
      const first = Promise.withResolvers<void>()
      const second = Promise.withResolvers<void>()
      await Promise.allSettled([
        emOf(migration)
          .fork()
          .transactional(async (em) => {
            await em.execute(`update t set v = 'a' where id = 1`)
            first.resolve()
            await second.promise
            throw new Error('undo the first')
          }),
        emOf(migration)
          .fork()
          .transactional(async (em) => {
            await first.promise
            await em.execute(`update t set v = 'b' where id = 2`)
            second.resolve()
            await new Promise((done) => setImmediate(done))
            await em.execute(`update t set v = 'b' where id = 3`)
          }),
      ])
    })
    await expect(work()).rejects.toThrow(/failed: two transactions of its code overlap/)
  })
})

test.each(['own', 'caller'] as const)(
  'an error that code catches says how to go on, in a transaction of: %s',
  async (way) => {
    const how =
      /^M1, segment 1, failed: one of its queries failed \(.*duplicate key.*\), and its code went on.*savepoint/s
    const { work, rows } = await runAs(way, async (migration) => {
      await caught(migration)
      await migration.execute('select 1')
    })
    await expect(work()).rejects.toThrow(how)
    const { work: silent } = await runAs(way, caught)
    await expect(silent()).rejects.toThrow(how)
    expect(await rows(`select to_regclass('t') as t`)).toEqual([{ t: null }])
  },
)

test('outside a transaction, code may catch errors as it likes', async () => {
  const { work, rows } = await runAs('none', async (migration) => {
    await migration.execute('insert into t values (1)').catch(() => {})
    await migration.execute(`update t set v = 'after' where id = 1`)
    await migration.execute('insert into t values (1)').catch(() => {})
  })
  await work()
  expect(await rows('select v from t where id = 1')).toEqual([{ v: 'after' }])
})

test('the caller is still in its transaction after code with an entity manager', async () => {
  const { orm, migrator, rows } = await listed({ M1: codeMigration(ask) })
  await rows('create table kept (id integer)')
  const failed = orm.em.transactional(async (em) => {
    await migrator.up({ transaction: em.getTransactionContext() as never })
    expect(em.isInTransaction()).toBe(true)
    await em.execute('insert into kept values (1)')
    throw new Error('rolled back')
  })
  await expect(failed).rejects.toThrow('rolled back')
  expect(await rows('select from kept')).toEqual([])
})

test('a transaction that code forgets to await is taken back, and the process lives on', async () => {
  const { work, rows } = await runAs('none', async (migration) => {
    void emOf(migration).transactional(async (em) => {
      await em.execute(`update t set v = 'x'`)
      await em.execute(`update t set v = 'y'`)
    })
    await migration.execute('select 1')
  })
  await expect(work()).rejects.toThrow(/await each/)
  expect(await rows('select from t where v is not null')).toEqual([])
})
