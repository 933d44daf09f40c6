import { defineEntity, MikroORM, p, raw, type Options } from '@mikro-orm/postgresql'
import {
  Migration,
  MigrationStorage,
  Migrator as Stock,
  TSMigrationGenerator,
} from '@mikro-orm/migrations'
import { existsSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Migrator } from './migrator.ts'
import {
  emptyDatabase,
  fileOf,
  fileProject,
  migration,
  names,
  query,
  table,
} from './tests/drop-in.ts'

/** What MikroORM's own tests of its Migrator ask, in the words of this package: of its Migrator, and of this one. */
const MIGRATORS = [
  ['MikroORM', Stock],
  ['this package', Migrator],
] as const

const Tag = defineEntity({ name: 'Tag', properties: { id: p.integer().primary(), text: p.text() } })
const Note = defineEntity({ name: 'Note', properties: { id: p.integer().primary() } })

const orms: MikroORM[] = []
afterAll(async () => {
  await Promise.all(orms.map((orm) => orm.close(true)))
})

const one = (name: string) =>
  fileOf(name, `create table t${name} (id integer)`, `drop table t${name}`)
/** As MikroORM has it: from where the process runs. */
const pathOf = (folder: string, name: string) => relative(process.cwd(), join(folder, `${name}.ts`))

const named = (...list: string[]) => list.map((name) => `Migration${name}`)

describe.each(MIGRATORS)('%s', (_, Extension) => {
  async function start(options: Partial<Options> = {}, files: readonly string[] = []) {
    const { folder, write } = await fileProject()
    const { url } = await emptyDatabase()
    for (const name of files) await write(`Migration${name}.ts`, one(name))
    const { migrations, ...others } = options
    const orm = await MikroORM.init({
      clientUrl: url,
      entities: [Tag],
      extensions: [Extension],
      allowGlobalContext: true,
      migrations: {
        path: join(folder, 'migrations'),
        silent: true,
        snapshot: false,
        ...migrations,
      },
      ...others,
    })
    orms.push(orm)
    const path = join(folder, 'migrations')
    return { orm, migrator: orm.migrator, url, path, rows: (sql: string) => query(url, sql) }
  }
  const listedIn = (classes: Record<string, object>, more: Options['migrations'] = {}) =>
    start({
      migrations: {
        migrationsList: Object.entries(classes).map(([name, Class]) => ({
          name,
          class: Class as never,
        })),
        ...more,
      },
    })
  const DATES = ['20200101000000', '20200201000000', '20200301000000']

  test('names may be those of files, of migrations, or times', async () => {
    const [date = ''] = DATES
    const { migrator } = await start({}, [date])
    const [name] = named(date)
    expect(names(await migrator.up(`${name}.ts`))).toEqual([name])
    expect(names(await migrator.down(date))).toEqual([name])
    expect(names(await migrator.up({ migrations: [`${name}.ts`] }))).toEqual([name])
    expect(names(await migrator.down({ from: 0, to: 0 } as never))).toEqual([name])
    expect(names(await migrator.up({ to: `${name}.ts` }))).toEqual([name])
    expect(names(await migrator.up({ from: date }))).toEqual([])
    expect(names(await migrator.down(`${name}`))).toEqual([name])
    expect(names(await migrator.down())).toEqual([])
  })

  test('up and down return names and paths; twice is once', async () => {
    const { migrator, path } = await start({}, DATES)
    const result = await migrator.up()
    expect(result).toEqual(named(...DATES).map((name) => ({ name, path: pathOf(path, name) })))
    expect(await migrator.up()).toEqual([])
    expect(names(await migrator.down())).toEqual(named(...DATES).slice(-1))
  })

  test('listeners hear name and path in order, until they are taken off', async () => {
    const { migrator, path } = await start({}, DATES.slice(0, 2))
    const heard: string[] = []
    const listener = ({ name, path: file }: { name: string; path?: string }) => {
      expect(file).toBe(pathOf(path, name))
      heard.push(name)
    }
    expect(migrator.on('migrating', listener).on('migrated', listener)).toBe(migrator)
    await migrator.up()
    const [a, b] = named(...DATES)
    expect(heard).toEqual([a, a, b, b])
    migrator.on('reverted', listener).off('reverted', listener)
    await migrator.down()
    expect(heard).toHaveLength(4)
  })

  test('a transaction of the caller is used for up and down', async () => {
    const { orm, migrator } = await start({}, DATES.slice(0, 2))
    const lengths = await orm.em.transactional(async (em) => {
      const transaction = em.getTransactionContext() as never
      const results = [await migrator.up({ transaction })]
      for (let turn = 0; turn < 3; turn += 1) results.push(await migrator.down({ transaction }))
      return results.map((result) => result.length)
    })
    expect(lengths).toEqual([2, 1, 1, 0])
    expect(await migrator.getExecuted()).toEqual([])
  })

  test('the storage records any name, and what is executed has an id and a date', async () => {
    const { migrator } = await start()
    const storage = migrator.getStorage()
    expect(storage).toBeInstanceOf(MigrationStorage)
    await (storage as MigrationStorage).ensureTable()
    await storage.logMigration({ name: 'test' })
    expect(await storage.getExecutedMigrations()).toMatchObject([
      { id: 1, name: 'test', executed_at: expect.any(Date) },
    ])
    expect(await migrator.getExecuted()).toMatchObject([
      { id: 1, name: 'test', executed_at: expect.any(Date) },
    ])
    expect(await migrator.getPending()).toEqual([])
    await storage.unlogMigration({ name: 'test' })
    expect(await storage.executed()).toEqual([])
  })

  test('logMigration and unlogMigration record without running', async () => {
    const { migrator, rows } = await start({}, DATES)
    const [a = '', b = '', c] = named(...DATES)
    await migrator.logMigration(a)
    await migrator.logMigration(`${b}.ts`)
    expect(names(await migrator.getPending())).toEqual([c])
    await migrator.unlogMigration(b)
    expect(names(await migrator.getExecuted())).toEqual([a])
    expect(await rows(`select from pg_class where relname ~ '^t2020'`)).toEqual([])
  })

  test('a rollup of everything, of some, and what is none', { tags: 'long' }, async () => {
    const { migrator, path } = await start({}, DATES)
    const [a = '', b = '', c = ''] = named(...DATES)
    await expect(migrator.rollup([a, b])).rejects.toThrow(
      'Cannot roll up migrations that have not been executed',
    )
    await migrator.up(a)
    await expect(migrator.rollup()).rejects.toThrow('At least 2 executed migrations')
    await expect(migrator.rollup([a, 'Migration9'])).rejects.toThrow(
      'Migrations not found: Migration9',
    )
    await migrator.up()
    const { fileName, code } = await migrator.rollup([`${a}.ts`, b])
    expect(code.indexOf(`t${DATES[0]}`)).toBeLessThan(code.indexOf(`t${DATES[1]}`))
    expect(existsSync(join(path, `${c}.ts`))).toBe(true)
    expect(existsSync(join(path, fileName))).toBe(true)
    expect(await migrator.getStorage().executed()).toHaveLength(2)
    expect(await readdir(path)).toHaveLength(2)
    await migrator.rollup()
    expect(await migrator.getStorage().executed()).toHaveLength(1)
    expect(await migrator.getPending()).toEqual([])
  })

  test('migrations of code have no rollup', async () => {
    const { migrator } = await listedIn({ A: table('a'), B: table('b') })
    await migrator.up()
    await expect(migrator.rollup()).rejects.toThrow('without file paths')
  })

  test.each([
    ['ts', {}, /^export class Migration\d{14} extends Migration/m],
    ['js', { emit: 'js' }, /^class Migration\d{14} extends Migration/m],
    [
      'ts',
      { fileName: (time: string) => `migration-${time}` },
      /^export class Migration\d{14} extends Migration/m,
    ],
  ] as const)('create writes .%s as it is asked (%#)', async (extension, options, text) => {
    const { migrator, path } = await start({ migrations: options })
    const { fileName, code, diff } = await migrator.create()
    expect(await readdir(path)).toEqual([fileName])
    expect(fileName).toMatch(new RegExp(`\\.${extension}$`))
    expect(code).toMatch(text)
    expect(diff.up.join()).toContain('create table "tag"')
    expect(diff.down.join()).toContain('drop table if exists "tag"')
  })

  test('create takes a name, and a generator of the project', async () => {
    class Commented extends TSMigrationGenerator {
      override generateMigrationFile(className: string, diff: { up: string[]; down: string[] }) {
        return `// by hand\n${super.generateMigrationFile(className, diff)}`
      }
    }
    const { migrator } = await start({ migrations: { generator: Commented } })
    const { fileName, code } = await migrator.create(undefined, false, false, 'with tags')
    expect(fileName).toMatch(/^Migration\d{14}_with_tags\.ts$/)
    expect(code).toMatch(/^\/\/ by hand\n/)
  })

  test('what is created is run; then there is nothing to create', async () => {
    const { migrator, rows } = await start()
    const { fileName } = await migrator.create()
    expect(await migrator.checkSchema()).toBe(true)
    expect(names(await migrator.up())).toEqual([fileName.replace('.ts', '')])
    expect(await rows('select * from tag')).toEqual([])
    expect(await migrator.checkSchema()).toBe(false)
    expect(await migrator.create()).toEqual({ fileName: '', code: '', diff: { up: [], down: [] } })
  })

  test('with a snapshot the second migration has only what is new, without a database too', async () => {
    const { migrator, path, rows } = await start({ migrations: { snapshot: true } })
    await migrator.create()
    expect((await readdir(path)).filter((file) => file.endsWith('.json'))).toHaveLength(1)
    expect((await migrator.create()).diff).toEqual({ up: [], down: [] })
    expect(await migrator.checkSchema()).toBe(false)
    expect(names(await migrator.getPending())).toHaveLength(1)
    expect(await rows(`select to_regclass('tag') as tag`)).toEqual([{ tag: null }])
  })

  test('an initial migration wants no other, no part of the tables, and entities', async () => {
    const empty = await start({ entities: [], discovery: { warnWhenNoEntities: false } })
    await expect(empty.migrator.createInitial()).rejects.toThrow('No entities found')
    const part = await start({ entities: [Tag, Note] })
    await part.rows('create table tag (id integer primary key, text text not null)')
    await expect(part.migrator.createInitial()).rejects.toThrow(
      'Some tables already exist in your schema',
    )
    const some = await start({}, DATES.slice(0, 1))
    await expect(some.migrator.create(undefined, false, true)).rejects.toThrow(
      'some migrations already exist',
    )
  })

  test('an initial migration of an empty database is pending, of a full one is executed', async () => {
    const empty = await start()
    const made = await empty.migrator.createInitial()
    expect(names(await empty.migrator.getPending())).toEqual([made.fileName.replace('.ts', '')])
    expect(names(await empty.migrator.up())).toHaveLength(1)
    const full = await start()
    await full.orm.schema.create()
    const { fileName } = await full.migrator.createInitial()
    expect(names(await full.migrator.getExecuted())).toEqual([fileName.replace('.ts', '')])
    expect(await full.migrator.up()).toEqual([])
  })

  test('a folder that is not there is made', async () => {
    const { migrator, path } = await start()
    await rm(path, { recursive: true })
    expect(await migrator.up()).toEqual([])
    expect(await migrator.getPending()).toEqual([])
  })

  test('a migration without down cannot be reverted', async () => {
    class Forward extends Migration {
      override up() {
        this.addSql('select 1')
      }
    }
    const { migrator } = await listedIn({ Forward })
    await migrator.up()
    await expect(migrator.down()).rejects.toThrow('This migration cannot be reverted')
    expect(names(await migrator.getExecuted())).toEqual(['Forward'])
  })

  test('statements may be text, several in one, raw; queries run before them', async () => {
    class Mixed extends Migration {
      override async up() {
        this.addSql(`insert into words values ('a;b'); insert into words values ('it''s\n;\n')`)
        this.addSql(raw('insert into words values (?)', ['c?']))
        const found = await this.execute('create table words (word text); select 1 + 1 as two')
        expect(found).toBeDefined()
      }
    }
    const { migrator, rows } = await listedIn({ Mixed })
    await migrator.up()
    expect(await rows('select word from words')).toEqual([
      { word: 'a;b' },
      { word: `it's\n;\n` },
      { word: 'c?' },
    ])
  })

  test('what is no transaction runs in none', async () => {
    const up = ['create table one (id integer)', 'create index concurrently i on one (id)']
    const options = { allOrNothing: false }
    const { migrator, rows } = await listedIn(
      { A: migration({ up, isTransactional: false }) },
      options,
    )
    await migrator.up()
    expect(
      await rows(`select indisvalid as valid from pg_index where indexrelid = 'i'::regclass`),
    ).toEqual([{ valid: true }])
  })

  test('a failed migration leaves nothing of itself', async () => {
    const { migrator, rows } = await listedIn({
      A: migration({ up: ['create table one (id integer)', 'select nothing'] }),
    })
    await expect(migrator.up()).rejects.toThrow('column "nothing" does not exist')
    expect(await rows(`select to_regclass('one') as one`)).toEqual([{ one: null }])
    expect(await migrator.getExecuted()).toEqual([])
    expect(names(await migrator.getPending())).toEqual(['A'])
  })

  test('classes in a list have the name that they say, or that of the class', async () => {
    class ByClass extends Migration {
      override up() {
        this.addSql('select 1')
      }
    }
    class Other extends ByClass {
      override name = 'BySelf'
    }
    const { migrator } = await start({ migrations: { migrationsList: [ByClass, Other] as never } })
    expect(names(await migrator.up())).toEqual(['ByClass', 'BySelf'])
  })

  test('a ledger has the table and the schema that it is given', async () => {
    const { migrator, rows } = await listedIn({ A: table('a') }, { tableName: 'custom.history' })
    await migrator.up()
    expect(await rows('select name from custom.history')).toEqual([{ name: 'A' }])
  })

  test('a runtime schema has tables and ledger of its own, and does not leak', async () => {
    const { migrator, rows, orm } = await listedIn({ A: table('one') })
    await rows('create schema tenant_a; create schema tenant_b')
    for (const schema of ['tenant_a', 'tenant_b'])
      expect(await migrator.up({ schema })).toHaveLength(1)
    const [path] = await orm.em.execute<{ search_path: string }[]>('show search_path')
    expect(path?.search_path).not.toContain('tenant')
    const where = (name: string) =>
      rows(
        `select string_agg(schemaname, ' ' order by 1) as "in" from pg_tables where tablename = '${name}'`,
      )
    expect(await where('one')).toEqual([{ in: 'tenant_a tenant_b' }])
    expect(await where('mikro_orm_migrations')).toEqual([
      { in: expect.stringMatching(/tenant_a tenant_b$/) },
    ])
    await migrator.down({ schema: 'tenant_a' })
    expect(await where('one')).toEqual([{ in: 'tenant_b' }])
    expect(names(await migrator.getPending({ schema: 'tenant_a' }))).toEqual(['A'])
  })

  test('a schema in the configuration is the one of each run', async () => {
    const { migrator, rows } = await listedIn({ A: table('one') }, { schema: 'tenant_c' })
    await rows('create schema tenant_c')
    await migrator.up()
    expect(await rows(`select to_regclass('tenant_c.one')::text as one`)).toEqual([
      { one: 'tenant_c.one' },
    ])
    expect(names(await migrator.getExecuted())).toEqual(['A'])
  })

  test('a file with tests or declarations beside the migrations is none', async () => {
    const { migrator, path } = await start({}, DATES.slice(0, 1))
    await writeFile(join(path, 'Migration20200101000000.d.ts'), 'export {}')
    expect(names(await migrator.up())).toHaveLength(1)
  })
})
