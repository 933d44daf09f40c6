import { Migration } from '@mikro-orm/migrations'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { databaseTarget } from '../session/database-target.ts'
import { run } from '../run/index.ts'
import { LOCK } from '../session/session.ts'
import {
  Author,
  code,
  emptyDatabase,
  fileProject,
  listed,
  listedOn,
  migration,
  names,
  query,
  table,
  THREE,
} from './tests/drop-in.ts'

describe('which migrations run', () => {
  test('up and down take names, lists, from and to, and report what they did', async () => {
    const { migrator } = await listed(THREE)
    const heard: string[] = []
    for (const event of ['migrating', 'migrated', 'reverting', 'reverted'] as const) {
      migrator.on(event, ({ name }) => void heard.push(`${event} ${name}`))
    }
    expect(names(await migrator.up('M1'))).toEqual(['M1'])
    expect(names(await migrator.up({ from: 'M1', to: 'M2' }))).toEqual(['M2'])
    expect(names(await migrator.up())).toEqual(['M3'])
    expect(names(await migrator.up())).toEqual([])
    expect(names(await migrator.down(['M2', 'M3']))).toEqual(['M3', 'M2'])
    expect(names(await migrator.getExecuted())).toEqual(['M1'])
    expect(names(await migrator.getPending())).toEqual(['M2', 'M3'])
    expect(names(await migrator.down({ to: 0 }))).toEqual(['M1'])
    expect(names(await migrator.down())).toEqual([])
    expect(heard.slice(0, 2)).toEqual(['migrating M1', 'migrated M1'])
    expect(heard.slice(-2)).toEqual(['reverting M1', 'reverted M1'])
  })

  test('a name that nobody has is refused, and nothing is done', async () => {
    const { migrator } = await listed(THREE)
    await expect(migrator.up({ to: 'M33' })).rejects.toEqual(code('TARGET_UNKNOWN'))
    await expect(migrator.up({ from: 'M33' })).rejects.toEqual(code('TARGET_UNKNOWN'))
    await expect(migrator.up('M33')).rejects.toEqual(code('TARGET_UNKNOWN'))
    expect(await migrator.getExecuted()).toEqual([])
    await migrator.up()
    await expect(migrator.down({ to: 'M33' })).rejects.toEqual(code('TARGET_UNKNOWN'))
    await expect(migrator.down('M33')).rejects.toEqual(code('TARGET_UNKNOWN'))
    expect(await migrator.getExecuted()).toHaveLength(3)
  })

  test('a choice that would leave a hole is refused', async () => {
    const { migrator } = await listed(THREE)
    await expect(migrator.up(['M1', 'M3'])).rejects.toEqual(code('SKIPS_PENDING'))
    await expect(migrator.up({ from: 'M1' })).rejects.toEqual(code('SKIPS_PENDING'))
    await migrator.up()
    await expect(migrator.down('M2')).rejects.toEqual(code('SKIPS_APPLIED'))
    expect(await migrator.getExecuted()).toHaveLength(3)
  })

  test('down to what is not applied reverts nothing', async () => {
    const { migrator } = await listed(THREE)
    await migrator.up('M1')
    await expect(migrator.down({ to: 'M2' })).rejects.toEqual(code('TARGET_BACKWARD'))
    expect(names(await migrator.getExecuted())).toEqual(['M1'])
  })
})

describe('without a manifest', () => {
  test('what was edited after it was applied is refused, also where it is only asked for', async () => {
    const { url, migrator } = await listed(THREE)
    await migrator.up('M1')
    const edited = await listedOn(url, { ...THREE, M1: table('another') })
    await expect(edited.migrator.up()).rejects.toEqual(code('APPLIED_EDITED'))
    await expect(edited.migrator.getPending()).rejects.toEqual(code('APPLIED_EDITED'))
  })

  test('a listener that throws ends the run before the migration', async () => {
    const { migrator, rows } = await listed(THREE)
    migrator.on('migrating', ({ name }) => {
      if (name === 'M2') throw new Error('not this one')
    })
    await expect(migrator.up()).rejects.toThrow('not this one')
    expect(await rows('select name from mikro_orm_migrations')).toEqual([{ name: 'M1' }])
  })

  test('logged and unlogged migrations stand in ledger and journal alike', async () => {
    const { migrator, rows } = await listed(THREE)
    await migrator.logMigration('M1')
    await migrator.logMigration('M1')
    await expect(migrator.logMigration('M33')).rejects.toEqual(code('TARGET_UNKNOWN'))
    expect(names(await migrator.up())).toEqual(['M2', 'M3'])
    await migrator.unlogMigration('M3')
    expect(names(await migrator.getExecuted())).toEqual(['M1', 'M2'])
    const journal = `select migration, direction from migrator.history where event = 'logged' order by id`
    expect(await rows(journal)).toEqual([
      { migration: 'M1', direction: 'up' },
      { migration: 'M1', direction: 'up' },
      { migration: 'M3', direction: 'down' },
    ])
  })

  test('what stood half applied when the schema was dropped is forgotten with it', async () => {
    const halves = migration({
      up: ['create table one (id integer)', 'create index concurrently i on one (id)'],
    })
    const { url, migrator, rows } = await listed({ M1: halves })
    await expect(
      (
        await listedOn(url, {
          M1: migration({
            up: ['create table one (id integer)', 'create index concurrently i on one (nothing)'],
          }),
        })
      ).migrator.up(),
    ).rejects.toEqual(code('STATEMENT_FAILED'))
    await rows('drop table one, mikro_orm_migrations')
    expect(names(await migrator.up())).toEqual(['M1'])
    expect(await rows("select indexname from pg_indexes where tablename = 'one'")).toHaveLength(1)
  })
})

describe('in a transaction of the caller', () => {
  test('migrations, ledger and journal commit or vanish with it', async () => {
    const { orm, migrator, rows } = await listed(THREE)
    const failed = orm.em.transactional(async (em) => {
      const transaction = em.getTransactionContext()
      expect(await migrator.up({ transaction: transaction as never })).toHaveLength(3)
      expect(await migrator.down({ transaction: transaction as never })).toHaveLength(1)
      throw new Error('the caller thinks better of it')
    })
    await expect(failed).rejects.toThrow('thinks better')
    const left = `select to_regclass('one') as one, to_regclass('mikro_orm_migrations') as ledger, to_regclass('migrator.history') as journal`
    expect(await rows(left)).toEqual([{ one: null, ledger: null, journal: null }])
    await orm.em.transactional((em) =>
      migrator.up({ to: 'M2', transaction: em.getTransactionContext() as never }),
    )
    expect(names(await migrator.getExecuted())).toEqual(['M1', 'M2'])
    expect(await rows('select migration from migrator.history where final')).toHaveLength(2)
  })

  test('the caller goes on with the settings that it had, and holds the migration lock', async () => {
    const { url, orm, migrator } = await listed({
      M1: migration({
        up: [
          `set work_mem to '8MB'`,
          `select set_config('datestyle', 'German', false)`,
          'create table one (id integer)',
        ],
      }),
      M2: table('two'),
    })
    const settings = `select current_setting('lock_timeout') as lock, current_setting('work_mem') as memory,
      current_setting('datestyle') as dates, current_setting('search_path') as path`
    const [usual] = await query(url, settings)
    await orm.em.transactional(async (em) => {
      await em.execute(`set local lock_timeout = '7s'`)
      const [before] = await em.execute(settings)
      await migrator.up({ transaction: em.getTransactionContext() as never })
      expect(await em.execute(settings)).toEqual([before])
      const locks = `select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database()) and classid = ${LOCK.classId} and objid = ${LOCK.objectId} and granted`
      expect(await query(url, locks)).toHaveLength(1)
    })
    expect(await orm.em.execute(settings)).toEqual([usual])
  })

  test.each([
    ['runs outside of any', ['create index concurrently i on one (id)']],
    [
      'must be committed before the next',
      [`alter type mood add value 'glad'`, `create table two (m mood default 'glad')`],
    ],
  ])('a segment that %s is refused before anything runs', async (reason, statements) => {
    const { orm, migrator, rows } = await listed({
      M1: table('one'),
      M2: migration({ up: statements }),
    })
    await rows(`create type mood as enum ('sad')`)
    const refused = orm.em.transactional(async (em) => {
      const transaction = em.getTransactionContext() as never
      await expect(migrator.up({ transaction })).rejects.toEqual(
        expect.objectContaining({
          code: 'NEEDS_OWN_TRANSACTION',
          details: expect.objectContaining({ name: 'M2', reason }),
        }),
      )
      return em.execute(`select to_regclass('one') as one`)
    })
    expect(await refused).toEqual([{ one: null }])
    await migrator.up()
    expect(await rows('select name from mikro_orm_migrations')).toHaveLength(2)
  })

  test('a snapshot that may be older than the last run is refused', async () => {
    const { orm, migrator } = await listed(THREE)
    const options = { isolationLevel: 'repeatable read' as never }
    await orm.em.transactional(async (em) => {
      const transaction = em.getTransactionContext() as never
      await expect(migrator.up({ transaction })).rejects.toEqual(code('TRANSACTION_UNUSABLE'))
    }, options)
  })

  test('code works on the connection that the migration has, in the transaction of either', async () => {
    class Code extends Migration {
      override async up() {
        await this.execute('create table author (id serial primary key, name text not null)')
        const em = this.getEntityManager()
        em.persist(em.create(Author as never, { name: 'Ada' } as never))
        await em.flush()
        const streamed = []
        for await (const { name } of em.stream(Author as never) as AsyncIterable<{ name: string }>)
          streamed.push(name)
        expect(streamed).toEqual(['Ada'])
      }
      override down() {
        this.addSql('drop table author')
      }
    }
    const { orm, migrator, rows } = await listed({ M1: Code })
    await migrator.up()
    expect(await rows('select name from author')).toEqual([{ name: 'Ada' }])
    await migrator.down()
    const failed = orm.em.transactional(async (em) => {
      await migrator.up({ transaction: em.getTransactionContext() as never })
      expect(await em.execute('select name from author')).toEqual([{ name: 'Ada' }])
      throw new Error('rolled back')
    })
    await expect(failed).rejects.toThrow('rolled back')
    expect(await rows(`select to_regclass('author') as author`)).toEqual([{ author: null }])
  })
})

test('each runtime schema has its own tables, ledger and history', async () => {
  const { orm, migrator, rows } = await listed({
    M1: table('one'),
    M2: migration({
      up: ['create table two (id integer)', 'create index concurrently i on one (id)'],
      down: ['drop table two', 'drop index i'],
    }),
  })
  await migrator.up({ schema: 'tenant_a', to: 'M1' })
  await rows('create index i on tenant_a.one ((id + 1))')
  // Half applied in one schema is not half applied in another.
  await expect(migrator.up({ schema: 'tenant_a' })).rejects.toEqual(code('INDEX_IN_THE_WAY'))
  await migrator.up({ schema: 'tenant_d' })
  expect(await rows(`select to_regclass('tenant_d.two')::text as two`)).toEqual([
    { two: 'tenant_d.two' },
  ])
  await rows('drop schema tenant_d cascade; drop index tenant_a.i')
  await migrator.up({ schema: 'tenant_a' })
  expect(names(await migrator.getPending({ schema: 'tenant_b' }))).toEqual(['M1', 'M2'])
  await migrator.up({ schema: 'tenant_b', to: 'M1' })
  await migrator.down({ schema: 'tenant_a', to: 0 })
  expect(names(await migrator.getExecuted({ schema: 'tenant_a' }))).toEqual([])
  expect(names(await migrator.getExecuted({ schema: 'tenant_b' }))).toEqual(['M1'])
  expect(await rows(`select schemaname from pg_tables where tablename = 'one'`)).toEqual([
    { schemaname: 'tenant_b' },
  ])
  await orm.em.transactional((em) =>
    migrator.up({ schema: 'tenant_c', to: 'M1', transaction: em.getTransactionContext() as never }),
  )
  expect(names(await migrator.getExecuted({ schema: 'tenant_c' }))).toEqual(['M1'])
  expect(await rows(`select to_regclass('public.one') as one`)).toEqual([{ one: null }])
})

test('fresh with --drop-db makes the database again that it has dropped', async () => {
  const { orm, migrator } = await listed(THREE)
  await migrator.up()
  await orm.schema.drop({ dropDb: true })
  expect(names(await migrator.up())).toEqual(['M1', 'M2', 'M3'])
})

test('a mistyped database is not created', async () => {
  const { url } = await emptyDatabase()
  const mistyped = new URL(url)
  mistyped.pathname += '_mistyped'
  const { migrator } = await listedOn(mistyped.href, THREE)
  for (const call of [
    () => migrator.up(),
    () => migrator.down(),
    () => migrator.getPending(),
    () => migrator.getExecuted(),
    () => migrator.create(),
    () => migrator.checkSchema(),
    () => migrator.logMigration('M1'),
  ]) {
    await expect(call()).rejects.toEqual(code('DATABASE_UNKNOWN'))
  }
  const found = await query(
    url,
    `select from pg_database where datname ~ '_mistyped$' and '${mistyped.pathname.slice(1)}' = datname`,
  )
  expect(found).toEqual([])
})

describe('files', () => {
  test('a manifest is obeyed, and extended by what is created', async () => {
    const { folder, url, orm, project: cli } = await fileProject()
    const manifest = join(folder, 'migrations.manifest.json')
    await orm.migrator.create(undefined, true, false, '1')
    expect(await readdir(folder)).not.toContain('migrations.manifest.json')
    const { hashProject } = await import('../project/hash.ts')
    await hashProject(cli)
    await orm.migrator.create(undefined, true, false, '2')
    expect(await readFile(manifest, 'utf8')).toContain('Migration2')
    expect(names(await orm.migrator.up())).toEqual(['Migration1', 'Migration2'])
    // The same project through its configuration file, which lists the drop-in.
    const done = await run(cli, databaseTarget(url), { direction: 'down', target: 'base' })
    expect(names(done.migrations)).toEqual(['Migration2', 'Migration1'])
    await writeFile(
      join(folder, 'migrations/Migration3.ts'),
      await readFile(join(folder, 'migrations/Migration2.ts'), 'utf8'),
    )
    await expect(orm.migrator.up()).rejects.toEqual(code('NOT_IN_MANIFEST'))
    await expect(orm.migrator.create(undefined, true)).rejects.toEqual(code('NOT_IN_MANIFEST'))
  })

  test(
    'an initial migration is recorded as applied only where the catalog is what it makes',
    { tags: 'long' },
    async () => {
      const { folder, url, orm } = await fileProject()
      await orm.schema.create()
      for (const [change, back, what] of [
        ['drop index author_name', 'create index author_name on author (name)', 'author_name'],
        [
          'alter table author alter name type varchar(9)',
          'alter table author alter name type text',
          'varying(9)',
        ],
        ['create view shout as select upper(name) from author', 'drop view shout', 'shout'],
      ] as const) {
        await query(url, change)
        const refused = orm.migrator.createInitial()
        await expect(refused).rejects.toEqual(code('INITIAL_DIFFERS'))
        await expect(refused).rejects.toThrow(what)
        await query(url, back)
      }
      expect(await readdir(join(folder, 'migrations'))).toEqual([])
      const { fileName } = await orm.migrator.createInitial()
      expect(names(await orm.migrator.getExecuted())).toEqual([fileName.replace('.ts', '')])
      expect(await orm.migrator.up()).toEqual([])
      expect(await orm.migrator.checkSchema()).toBe(false)
      expect(await orm.schema.getUpdateSchemaSQL()).not.toContain('migrator')
    },
  )
})
