import { briefly } from '@techfacts/postgres/testing'
import {
  CheckConstraintViolationException,
  DeadlockException,
  DriverException,
  ForeignKeyConstraintViolationException,
  InvalidFieldNameException,
  LockWaitTimeoutException,
  NonUniqueFieldNameException,
  NotNullConstraintViolationException,
  RowLevelSecurityViolationException,
  ServerException,
  SyntaxErrorException,
  TableExistsException,
  TableNotFoundException,
  UniqueConstraintViolationException,
} from '@mikro-orm/core'
import { Migration, Migrator as Stock } from '@mikro-orm/migrations'
import { DatabaseError } from 'pg'
import { describe, expect, test, vi } from 'vitest'
import { readApplicationCatalog } from '../drift/application-catalog.ts'
import { serializeCatalog } from '../catalog/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { failure } from '../errors/index.ts'
import { asDriverException } from './driver-exception.ts'
import { withConnection } from '../session/connect.ts'
import { MikroORM } from '@mikro-orm/postgresql'
import {
  code,
  emptyDatabase,
  listed,
  listedOn,
  migration,
  names,
  table,
  THREE,
} from './tests/drop-in.ts'

const asCode = (sql: string) =>
  class extends Migration {
    override async up() {
      await this.execute(sql)
    }
  }

describe('errors', () => {
  const SETUP = `
    create table a (id integer primary key, n integer not null default 1 check (n > 0), b integer);
    create table c (id integer references a (id));
    insert into a (id) values (1);`
  const CLASSES = [
    ['insert into a (id) values (1)', UniqueConstraintViolationException, '23505'],
    ['insert into a (id, n) values (2, null)', NotNullConstraintViolationException, '23502'],
    ['insert into a (id, n) values (2, 0)', CheckConstraintViolationException, '23514'],
    ['insert into c values (2)', ForeignKeyConstraintViolationException, '23503'],
    ['truncate a', ForeignKeyConstraintViolationException, '0A000'],
    ['select nothing from a', InvalidFieldNameException, '42703'],
    ['select id from a join c on true', NonUniqueFieldNameException, '42702'],
    ['select * from nowhere', TableNotFoundException, '42P01'],
    ['create table a (id integer)', TableExistsException, '42P07'],
    [`do 'begin execute ''selekt 1''; end'`, SyntaxErrorException, '42601'],
    [
      `do $$ begin raise exception 'new row violates row-level security policy' using errcode = '42501'; end $$`,
      RowLevelSecurityViolationException,
      '42501',
    ],
    ['select 1 / 0', DriverException, '22012'],
  ] as const
  test.each(briefly(CLASSES))(
    '%s has the class that MikroORM gives it',
    async (sql, Class, sqlState) => {
      const { url } = await emptyDatabase()
      const prepared = await listedOn(url, { M0: migration({ up: [SETUP] }) })
      await prepared.migrator.up()
      const M0 = migration({ up: [SETUP] })
      for (const M1 of [migration({ up: [sql] }), asCode(sql)]) {
        const { orm, migrator } = await listedOn(url, { M0, M1 })
        const inTransaction = () =>
          orm.em.transactional((em) =>
            migrator.up({ transaction: em.getTransactionContext() as never }),
          )
        for (const call of [() => migrator.up(), inTransaction]) {
          const error = await call().catch((problem: unknown) => problem)
          expect(error).toBeInstanceOf(Class)
          expect(error).toMatchObject({
            name: Class.name,
            code: 'STATEMENT_FAILED',
            exit: 1,
            sqlState,
          })
          expect((error as Error).cause).toBeInstanceOf(DatabaseError)
          expect((error as Error).cause).toMatchObject({ code: sqlState })
          expect((error as Error).message).toMatch(/^M1, segment 1, failed: /)
          expect((error as Error).stack).toContain('M1, segment 1, failed: ')
        }
      }
    },
  )

  test.each([
    ['55P03', LockWaitTimeoutException],
    ['40P01', DeadlockException],
    ['40001', DeadlockException],
  ] as const)('what PostgreSQL refuses for a lock, %s, after all tries', async (state, Class) => {
    const { orm } = await listed({})
    const cause = Object.assign(new DatabaseError('no', 1, 'error'), {
      code: state,
      severity: 'ERROR',
    })
    const queue = { sessions: 0, milliseconds: 0 }
    const spent = {
      name: 'M1',
      segment: 1,
      outcome: '',
      seconds: 1,
      blockers: [],
      sessions: [],
      queue,
      after: '',
    }
    const converter = orm.em.getDriver().getPlatform().getExceptionConverter()
    for (const given of [cause, undefined]) {
      const error = asDriverException(failure('LOCK_BUDGET_SPENT', spent, given), converter)
      expect(error).toBeInstanceOf(given ? Class : LockWaitTimeoutException)
      expect(error).toBeInstanceOf(ServerException)
      expect(error).toMatchObject({ code: 'LOCK_BUDGET_SPENT', exit: 7 })
    }
  })
})

describe('listeners', () => {
  test.each(['migrated', 'reverted'] as const)(
    'one that throws in %s rolls back its migration',
    async (event) => {
      const { migrator, rows } = await listed(THREE)
      const isBack = event === 'reverted'
      if (isBack) await migrator.up()
      const complaint = new Error('not this one')
      migrator.on(event, ({ name }) => {
        if (name === 'M2') throw complaint
      })
      await expect(isBack ? migrator.down({ to: 0 }) : migrator.up()).rejects.toBe(complaint)
      const left = isBack ? ['M1', 'M2'] : ['M1']
      expect(names(await migrator.getExecuted())).toEqual(left)
      expect(await rows(`select to_regclass('two') is not null as two`)).toEqual([{ two: isBack }])
      expect(await rows(`select note from migrator.history where event = 'failed'`)).toEqual([
        { note: expect.stringContaining('not this one') },
      ])
    },
  )

  test('one that throws in a transaction of the caller leaves what came before', async () => {
    const { orm, migrator } = await listed(THREE)
    migrator.on('migrated', ({ name }) => {
      if (name === 'M2') throw new Error('not this one')
    })
    await orm.em.transactional(async (em) => {
      const transaction = em.getTransactionContext() as never
      await expect(migrator.up({ transaction })).rejects.toThrow('not this one')
    })
    expect(names(await migrator.getExecuted())).toEqual(['M1'])
  })

  test('after a statement outside a transaction the migration stands, and the run ends', async () => {
    const up = ['create table one (id integer)', 'create index concurrently i on one (id)']
    const { migrator, rows } = await listed({ M1: migration({ up }), M2: table('two') })
    migrator.on('migrated', () => {
      throw new Error('not this one')
    })
    await expect(migrator.up()).rejects.toThrow('not this one')
    expect(names(await migrator.getExecuted())).toEqual(['M1'])
    expect(await rows(`select indisvalid from pg_index where indexrelid = 'i'::regclass`)).toEqual([
      { indisvalid: true },
    ])
  })
})

describe('the log', () => {
  const up = ['create table one (id integer)', 'insert into one values (1), (2)']
  class Code extends Migration {
    override async up() {
      await this.execute('insert into one values (?)', [4711])
      this.addSql('create index i on one (id)')
    }
  }

  async function logged(mode: 'own' | 'caller') {
    const { orm, migrator } = await listed({ M1: migration({ up }), M2: Code })
    orm.config.getLogger().setDebugMode(['query'])
    const spy = vi.spyOn(orm.config.getLogger(), 'logQuery')
    if (mode === 'own') await migrator.up()
    else
      await orm.em.transactional((em) =>
        migrator.up({ transaction: em.getTransactionContext() as never }),
      )
    return spy.mock.calls.map(([context]) => context)
  }

  test.each(['own', 'caller'] as const)(
    'has the statements of migrations, of code too, in a transaction of: %s',
    async (mode) => {
      const lines = await logged(mode)
      const texts = lines.map(({ query }) => query)
      expect(texts.filter((text = '') => /one/.test(text))).toEqual([
        ...up,
        'insert into one values (?)',
        expect.stringContaining('create index i on one'),
      ])
      expect(lines.find(({ query }) => query === up[1])).toMatchObject({
        level: 'info',
        connection: { type: 'write' },
        results: 2,
        took: expect.any(Number),
      })
    },
  )

  test('has a statement that fails, as an error', async () => {
    const { orm, migrator } = await listed({ M1: migration({ up: ['select 1 / 0'] }) })
    const spy = vi.spyOn(orm.config.getLogger(), 'logQuery')
    await expect(migrator.up()).rejects.toThrow('division by zero')
    expect(spy).toHaveBeenCalledWith(
      expect.objectContaining({ query: 'select 1 / 0', level: 'error' }),
    )
  })
})

describe('beside a newer build', () => {
  test('what is pending of this build is told, and up refuses', async () => {
    const newer = await listed(THREE)
    await newer.migrator.up()
    const { M1, M2 } = THREE
    const older = await listedOn(newer.url, { M1, M2 })
    expect(await older.migrator.getPending()).toEqual([])
    expect(names(await older.migrator.getExecuted())).toEqual(['M1', 'M2', 'M3'])
    await expect(older.migrator.up()).rejects.toEqual(code('APPLIED_UNKNOWN'))
    const another = await listedOn(newer.url, { M1, M2, M4: table('four') })
    expect(names(await another.migrator.getPending())).toEqual(['M4'])
    await expect(another.migrator.up()).rejects.toEqual(code('APPLIED_UNKNOWN'))
    expect(await newer.rows(`select to_regclass('four') as four`)).toEqual([{ four: null }])
  })
})

describe('the ledger', () => {
  test('is made to the letter as MikroORM makes it', async () => {
    const ours = await emptyDatabase()
    const stock = await emptyDatabase()
    const migrationsList = [{ name: 'M1', class: table('one') as never }]
    const orm = await MikroORM.init({
      clientUrl: stock.url,
      entities: [],
      discovery: { warnWhenNoEntities: false },
      extensions: [Stock],
      migrations: { migrationsList, silent: true, snapshot: false },
    })
    await orm.migrator.up()
    await orm.close(true)
    await (await listedOn(ours.url, { M1: table('one') })).migrator.up()
    const catalogs = await Promise.all(
      [ours.url, stock.url].map((url) =>
        withConnection(databaseTarget(url), async (client) =>
          serializeCatalog(await readApplicationCatalog(client, { table: 'another' })),
        ),
      ),
    )
    expect(catalogs[0]).toBe(catalogs[1])
    expect(catalogs[0]).toContain('mikro_orm_migrations')
  })

  test('as an earlier version of this package made it is taken as it is', async () => {
    const { url, rows, migrator } = await listed(THREE)
    await rows(`create table mikro_orm_migrations ("id" serial primary key, "name" varchar(255) null,
      "executed_at" timestamptz not null default current_timestamp)`)
    await migrator.up()
    expect(names(await migrator.getExecuted())).toEqual(['M1', 'M2', 'M3'])
    expect(await (await listedOn(url, THREE)).migrator.getPending()).toEqual([])
  })
})
