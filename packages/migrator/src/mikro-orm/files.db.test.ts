import { briefly } from '@techfacts/postgres/testing'
import { Migrator as Stock } from '@mikro-orm/migrations'
import { MikroORM } from '@mikro-orm/postgresql'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { status } from '../inspect/status.ts'
import { createMigration } from '../project/create.ts'
import { hashProject } from '../project/hash.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { mikroOrmProject } from './project.ts'
import {
  code,
  emptyDatabase,
  fileName,
  fileOf,
  fileProject,
  names,
  ormOn,
  query,
} from './tests/drop-in.ts'

const text = (name: string) =>
  fileOf(name, `create table t${name} (id integer)`, `drop table t${name}`)

/** The same as a compiler writes it. */
const commonJs = (name: string) => `
"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Migration${name} = void 0;
const { Migration } = require("@mikro-orm/migrations");
class Migration${name} extends Migration {
    up() {
        this.addSql(\`create table t${name} (id integer)\`);
    }
    down() {
        this.addSql(\`drop table t${name}\`);
    }
}
exports.Migration${name} = Migration${name};
`
const esModule = (name: string) =>
  `import { Migration } from '@mikro-orm/migrations'\n` +
  commonJs(name)
    .slice(commonJs(name).indexOf('class'))
    .replace(/exports.*/, `export { Migration${name} }`)

const codeOf = (statement: string) => `import { Migration } from '@mikro-orm/migrations'
export class Migration1 extends Migration {
  override async up(): Promise<void> {
    await this.execute('${statement}')
  }
}
`
const up = { direction: 'up', target: 'head' } as const

const OPTIONS = (url: string) =>
  `{ clientUrl: '${url}', entities: [], discovery: { warnWhenNoEntities: false }, baseDir: __dirname, preferTs: false, extensions: [], migrations: { path: 'migrations', snapshot: false } }`

describe('a configuration', () => {
  test.each(
    briefly([
      [
        'cjs',
        (options: string) =>
          `module.exports = { ...${options}, driver: require('@mikro-orm/postgresql').PostgreSqlDriver }`,
      ],
      [
        'cjs',
        (options: string) =>
          `exports.__esModule = true; const { defineConfig } = require('@mikro-orm/postgresql'); exports.default = defineConfig(${options})`,
      ],
      [
        'cjs',
        (options: string) =>
          `exports.__esModule = true; exports.default = Promise.resolve(require('@mikro-orm/postgresql').defineConfig(${options}))`,
      ],
      [
        'cjs',
        (options: string) =>
          `module.exports = () => require('@mikro-orm/postgresql').defineConfig(${options})`,
      ],
      [
        'cjs',
        (options: string) =>
          `exports.default = async () => require('@mikro-orm/postgresql').defineConfig(${options})`,
      ],
      [
        'cjs',
        (options: string) =>
          `module.exports = [require('@mikro-orm/postgresql').defineConfig(${options})]`,
      ],
      [
        'mjs',
        (options: string) =>
          `import { defineConfig } from '@mikro-orm/postgresql'\nconst __dirname = import.meta.dirname\nexport default async () => defineConfig(${options})`,
      ],
      [
        'cts',
        (options: string) =>
          `const { defineConfig } = require('@mikro-orm/postgresql')\nmodule.exports = { default: defineConfig(${options}) }`,
      ],
      [
        'mts',
        (options: string) =>
          `import { defineConfig } from '@mikro-orm/postgresql'\nconst __dirname: string = import.meta.dirname\nexport default Promise.resolve(defineConfig(${options}))`,
      ],
    ]),
  )('.%s is taken in the forms that MikroORM takes (%#)', async (extension, config) => {
    const { folder, url, write } = await fileProject()
    const path = join(folder, `orm.config.${extension}`)
    await writeFile(path, config(OPTIONS(url)))
    await write('Migration1.cjs', commonJs('1'))
    const project = mikroOrmProject(path)
    await hashProject(project)
    expect(names((await run(project, databaseTarget(url), up)).migrations)).toEqual([
      'Migration1.cjs',
    ])
  })
})

describe('names', () => {
  test.each(
    briefly([
      ['cjs', commonJs],
      ['mjs', esModule],
      ['cts', (name: string) => commonJs(name).replace('up()', 'up(): void')],
      ['mts', (name: string) => text(name)],
    ]),
  )(
    'of .%s are those of MikroORM: its own Migrator after this one finds all applied',
    async (extension, content) => {
      const glob = '!(*.d).{js,ts,cjs,mjs,cts,mts}'
      const { folder, url, orm, write, project } = await fileProject({ glob })
      await write(`Migration1.${extension}`, content('1'))
      await write(`Migration2.${extension}`, content('2'))
      await hashProject(project)
      const name = (number: number) => `Migration${number}.${extension}`
      expect(names(await orm.migrator.up(name(1)))).toEqual([name(1)])
      expect(names(await orm.migrator.getPending())).toEqual([name(2)])
      expect(names(await orm.migrator.up())).toEqual([name(2)])
      const stock = await MikroORM.init({
        clientUrl: url,
        entities: [],
        discovery: { warnWhenNoEntities: false },
        extensions: [Stock],
        migrations: { path: join(folder, 'migrations'), glob, silent: true, snapshot: false },
      })
      expect(await stock.migrator.up()).toEqual([])
      expect(names(await stock.migrator.down())).toEqual([name(2)])
      expect(names(await stock.migrator.up())).toEqual([name(2)])
      await stock.close(true)
      expect(names(await orm.migrator.down({ to: 0 }))).toEqual([name(2), name(1)])
      expect(await query(url, 'select from mikro_orm_migrations')).toEqual([])
      await orm.migrator.up()
      const { fileName: made } = await orm.migrator.rollup()
      expect(names(await orm.migrator.getExecuted())).toEqual([made.replace('.ts', '')])
    },
  )
})

describe('the text of code', () => {
  const CODE = codeOf('create table made (id integer)')
  const FORMS = {
    'as it was': CODE,
    'with a byte order mark': `\uFEFF${CODE}`,
    'without a final newline': CODE.trimEnd(),
    'with more newlines': `\n\n${CODE}\n\n`,
    'with CRLF': CODE.replaceAll('\n', '\r\n'),
    'with all of it': `\uFEFF\r\n${CODE.trimEnd().replaceAll('\n', '\r\n')}`,
  }
  const forms = Object.entries(FORMS)

  test.each(
    briefly(
      forms
        .slice(1)
        .flatMap(([form, written]) => [
          ['as it was', form, CODE, written] as const,
          [form, 'as it was', written, CODE] as const,
        ]),
    ),
  )('applied %s and then %s is the same migration', async (_, __, before, after) => {
    const { url, orm, write, project } = await fileProject()
    await write('Migration1.ts', before)
    expect(names(await orm.migrator.up())).toEqual(['Migration1'])
    await write('Migration1.ts', after)
    expect(await orm.migrator.getPending()).toEqual([])
    expect(await orm.migrator.up()).toEqual([])
    await write('Migration1.ts', before)
    await hashProject(project)
    await write('Migration1.ts', after)
    expect((await status(project, databaseTarget(url))).pending).toBe(0)
    expect((await hashProject(project)).recorded).toEqual([])
    expect((await run(project, databaseTarget(url), up)).migrations).toEqual([])
    await write('Migration1.ts', codeOf('create table other (id integer)'))
    await expect(run(project, databaseTarget(url), up)).rejects.toEqual(code('FILE_EDITED'))
  })

  test('what was recorded without a final newline stays recorded', async () => {
    const { url, write, project, orm } = await fileProject()
    await write('Migration1.ts', CODE)
    await hashProject(project)
    await write('Migration1.ts', FORMS['with all of it'])
    await run(project, databaseTarget(url), up)
    expect((await run(project, databaseTarget(url), up)).migrations).toEqual([])
    expect(await orm.migrator.getPending()).toEqual([])
  })

  test('an unchanged file hashes as before', async () => {
    const { write, project } = await fileProject()
    await write('Migration1.ts', CODE)
    await hashProject(project)
    const { migrations } = JSON.parse(await readFile(project.manifestPath, 'utf8'))
    expect(migrations[0].checksum).toBe(
      'v1:287af310cc5bdaee91c2d122331882742ffe08861fccfc9da1b128e0be878470',
    )
  })
})

describe('a build that ships compiled migrations', () => {
  test('beside a manifest and a ledger of .ts: statements are the same', async () => {
    const { folder, url, write, project } = await fileProject()
    await write('Migration1.ts', text('1'))
    await write('Migration2.ts', text('2'))
    await hashProject(project)
    await run(project, databaseTarget(url), { direction: 'up', target: 'Migration1' })
    for (const name of ['1', '2']) {
      await rm(join(folder, 'migrations', `Migration${name}.ts`))
      await write(`Migration${name}.js`, esModule(name))
    }
    const { migrations } = await status(project, databaseTarget(url))
    expect(migrations.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'Migration1 applied',
      'Migration2 pending',
    ])
    const { orm } = { orm: await ormOn(url, { path: join(folder, 'migrations'), fileName }) }
    expect(names(await orm.migrator.getPending())).toEqual(['Migration2'])
    expect(names((await run(project, databaseTarget(url), up)).migrations)).toEqual(['Migration2'])
    expect(
      names(
        (await run(project, databaseTarget(url), { direction: 'down', target: 'base' })).migrations,
      ),
    ).toHaveLength(2)
  })

  test('of code one line says what to do', async () => {
    const { folder, url, write, project } = await fileProject()
    await write('Migration1.ts', codeOf('create table made (id integer)'))
    await hashProject(project)
    await rm(join(folder, 'migrations/Migration1.ts'))
    await write(
      'Migration1.js',
      codeOf('create table made (id integer)')
        .replace('override ', '')
        .replace(': Promise<void>', ''),
    )
    const refused = run(project, databaseTarget(url), up)
    await expect(refused).rejects.toEqual(code('CODE_COMPILED'))
    await expect(refused).rejects.toThrow(
      /^Migration1 is code: the manifest records Migration1\.ts, and here is Migration1\.js\. [^\n]*$/,
    )
    expect(await query(url, `select to_regclass('made') as made`)).toEqual([{ made: null }])
  })
})

describe("another database's snapshot", () => {
  test.each([true, false])('is no reason to create everything again (blank: %s)', async (blank) => {
    const { folder, write } = await fileProject()
    const path = join(folder, 'migrations')
    const first = await emptyDatabase()
    const second = await emptyDatabase()
    const one = await ormOn(first.url, { path, fileName, snapshot: true })
    await one.migrator.create(undefined, false, false, '1')
    const snapshot = (await readdir(path)).find((file) => file.startsWith('.snapshot')) ?? ''
    const before = await readdir(path)
    const other = await ormOn(second.url, { path, fileName, snapshot: true })
    for (const call of [
      () => other.migrator.create(undefined, blank, false, '2'),
      () => other.migrator.create(undefined, blank, true, '2'),
    ]) {
      const refused = call()
      await expect(refused).rejects.toEqual(code('SNAPSHOT_OF_ANOTHER'))
      await expect(refused).rejects.toThrow(snapshot)
      await expect(refused).rejects.toThrow(`snapshotName to '${snapshot.replace('.json', '')}'`)
    }
    expect(await readdir(path)).toEqual(before)
    const named = await ormOn(second.url, {
      path,
      fileName,
      snapshot: true,
      snapshotName: snapshot.replace('.json', ''),
    })
    expect((await named.migrator.create()).fileName).toBe('')
    await write('ignored.json', '{}')
  })

  test('is refused by the engine too', async () => {
    const { folder, url, write } = await fileProject()
    await write('.snapshot-another.json', '{}')
    const config = join(folder, 'snapshots.config.ts')
    const options = await readFile(join(folder, 'mikro-orm.config.ts'), 'utf8')
    await writeFile(config, options.replace('snapshot: false', 'snapshot: true'))
    const project = mikroOrmProject(config)
    await hashProject(project)
    const withDatabase = () => Promise.reject(new Error(url))
    const made = createMigration(project, { name: undefined, blank: true, withDatabase })
    await expect(made).rejects.toEqual(code('SNAPSHOT_OF_ANOTHER'))
    expect(await readdir(join(folder, 'migrations'))).toEqual(['.snapshot-another.json'])
  })
})
