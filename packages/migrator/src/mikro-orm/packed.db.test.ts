import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { existsSync } from 'node:fs'
import { readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { packedProject } from './tests/packed-project.ts'

const database = await createTestDatabase()
const project = await packedProject({ DATABASE_URL: database.url, NO_COLOR: '1' })
afterAll(async () => {
  await project.remove()
  await database.drop()
})

/** MikroORM's CLI looks for itself there. */
const MANIFEST =
  '{ "name": "bare", "type": "module", "devDependencies": { "@mikro-orm/cli": "*" }, "dependencies": { "@techfacts/migrator": "*" } }'

const CONFIG = `
import { defineConfig, defineEntity, p } from '@mikro-orm/postgresql'
import { Migrator } from '@techfacts/migrator/mikro-orm'

const properties = { id: p.integer().primary(), name: p.text() }
const Author = defineEntity({ name: 'Author', properties })
const Book = defineEntity({ name: 'Book', properties })

export default defineConfig({
  clientUrl: process.env.DATABASE_URL,
  entities: process.env.ENTITIES === '1' ? [Author] : [Author, Book],
  extensions: [Migrator],
  migrations: { path: 'migrations', snapshotName: '.snapshot', fileName: (time, name) => \`Migration\${name ?? time}\` },
})
`

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

const applied = async () =>
  (await query('select name from mikro_orm_migrations order by id')).map(({ name }) => name)

test('every link of a document in the tarball leads to a file in it', async () => {
  const home = join(project.folder, 'node_modules/@techfacts/migrator')
  const documents = (await readdir(home)).filter((name) => /\.(md|txt)$/.test(name))
  expect(documents).toContain('README.md')
  const dead = documents.map(async (name) => {
    const links = (await readFile(join(home, name), 'utf8')).matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)
    const missing = [...links].map(([, link = '']) => link)
    return missing.filter(
      (link) => !existsSync(join(home, link)) || !join(home, link).startsWith(home),
    )
  })
  expect((await Promise.all(dead)).flat()).toEqual([])
})

test(
  'a bare project installs the tarball and runs the stock CLI through',
  { tags: 'long' },
  async () => {
    const { cli } = project
    const succeed = async (...args: string[]) => {
      const { exit, output } = await cli(...args)
      if (exit !== 0) throw new Error(output)
      return output
    }
    await project.write('package.json', MANIFEST)
    await project.write('mikro-orm.config.js', CONFIG)

    // create, from the entities
    await succeed('migration:create', '--name', '1')
    await project.write('migrations/Migration2.js', SECOND)
    expect(await succeed('migration:pending')).toMatch(/Migration1[^]*Migration2/)

    // four at once apply once
    await Promise.all([1, 2, 3, 4].map(() => succeed('migration:up')))
    expect(await applied()).toEqual(['Migration1', 'Migration2'])
    expect(await query(`select migration from migrator.history where final`)).toHaveLength(2)
    expect(await query('select tally from once')).toEqual([{ tally: 1 }])
    expect(await succeed('migration:list')).toMatch(/Migration1[^]*Migration2/)
    await succeed('migration:check')

    // a typo reverts nothing, and says so
    const typo = await cli('migration:down', '--to', 'Migratoin1')
    expect(typo.exit).not.toBe(0)
    expect(typo.output).toContain('There is no migration "Migratoin1"')
    expect(typo.output).not.toMatch(/^\s+at /m)
    expect(await applied()).toHaveLength(2)

    await succeed('migration:down')
    expect(await applied()).toEqual(['Migration1'])

    await succeed('migration:log', '--name', 'Migration2')
    expect(await succeed('migration:pending')).toContain('No pending migrations')
    await succeed('migration:unlog', '--name', 'Migration2')
    expect(await applied()).toEqual(['Migration1'])

    // fresh: the journal does not take what was dropped for applied
    await query('drop table if exists once')
    await succeed('migration:fresh')
    expect(await applied()).toEqual(['Migration1', 'Migration2'])
    expect(await query('select tally from once')).toEqual([{ tally: 1 }])

    // its own schemas are no difference between entities and database
    await rename(
      join(project.folder, 'migrations/.snapshot.json'),
      join(project.folder, 'snapshot.json'),
    )
    await query('drop table once')
    await succeed('migration:check')
  },
)

test(
  'and the command line of the package finds the project, plans, checks, applies and goes back',
  { tags: 'long' },
  async () => {
    const { migrator } = project
    const say = async (...args: string[]) => {
      const { exit, output } = await migrator(...args)
      return `${exit}\n${output}`
    }
    await project.write('package.json', MANIFEST)
    await project.write('mikro-orm.config.js', CONFIG)
    await project.write('migrations/Migration3.js', THIRD)
    await query('create table once (tally int not null); create index once_tally on once (tally)')

    // without a manifest nothing is done, and what is said can be run as it is
    const refused = await migrator('plan')
    expect(refused).toMatchObject({ exit: 2 })
    expect(refused.output).toMatch(/npx @techfacts\/migrator hash/)
    expect(await say('hash')).toMatch(/^0\n[^]*recorded Migration3/)

    expect(await say('plan')).toMatch(
      /^0\n[^]*create table third[^]*npx @techfacts\/migrator up --plan-hash \w+/,
    )
    expect(await say('status')).toMatch(/^0\n2 migrations applied[^]*pending +Migration3/)
    expect(await say('check')).toMatch(/^5\n[^]*Migration3 is pending/)
    expect(await say('up')).toMatch(/^0\n[^]*applied Migration3/)
    expect(await say('up')).toBe('0\nNothing to do.\n')
    expect(await applied()).toEqual(['Migration1', 'Migration2', 'Migration3'])

    expect(await say('down', '-1', '--yes')).toMatch(/^0\n[^]*reverted Migration3/)
    expect(await say('repair')).toBe('0\nNothing needs a person.\n')
    expect(await say('history')).toMatch(/done +Migration3 down/)

    // an .env file is Node's business
    await project.write('.env', 'DATABASE_URL=postgres://localhost:1/none\n')
    expect(await say('status')).toMatch(/^0\n/)
    const typo = await migrator('stauts')
    expect(typo).toEqual({
      exit: 2,
      output:
        "Unknown command 'stauts'. Did you mean status? See: npx @techfacts/migrator --help\n",
    })

    // a database that nothing is known of is adopted by what the compiled migrations record
    await query('drop schema migrator cascade; drop table mikro_orm_migrations')
    expect(await say('adopt', '--plan')).toMatch(
      /^2\nThe compiled migrations do not record the schema after Migration1[^]*npx @techfacts\/migrator hash --scratch-url URL/,
    )
    expect(await say('check')).toMatch(/The schema after Migration1 is not recorded/)
    expect(await say('hash', '--scratch-url', database.url)).toMatch(
      /^0\n[^]*recorded what Migration3 changes in the schema/,
    )
    expect(await say('hash', '--scratch-url', database.url)).toBe(
      '0\nThe manifest is up to date.\n',
    )
    expect(await say('adopt', '--plan')).toMatch(/^0\n/)
    expect(await say('adopt', '--yes')).toMatch(/^0\n/)
    expect(await applied()).toHaveLength(3)
  },
)

const THIRD = `
import { Migration } from '@mikro-orm/migrations'
export class Migration3 extends Migration {
  up() {
    this.addSql('create table third (n integer)')
  }
  down() {
    this.addSql('drop table third')
  }
}
`

const SECOND = `
import { Migration } from '@mikro-orm/migrations'
export class Migration2 extends Migration {
  up() {
    this.addSql('create table once (tally integer not null)')
    this.addSql('insert into once values (1)')
    this.addSql('create index concurrently once_tally on once (tally)')
  }
  down() {
    this.addSql('drop table once')
  }
}
`

// MikroORM's packages want each other in one version, and npm takes the newest of each where a range lets it.
test('has npm install no MikroORM beside the project’s own', async () => {
  const path = join(project.folder, 'node_modules/@techfacts/migrator/package.json')
  const { peerDependencies, peerDependenciesMeta, dependencies } = JSON.parse(
    await readFile(path, 'utf8'),
  )
  for (const [name, range] of Object.entries(peerDependencies)) {
    const wanted = name.startsWith('@mikro-orm/') ? '^7.2.1' : '*'
    expect([name, range]).toEqual([name, wanted])
    expect(peerDependenciesMeta[name]).toEqual({ optional: true })
  }
  expect(Object.keys(dependencies).filter((name) => name.startsWith('@mikro-orm/'))).toEqual([])
})

test('its types are whole', async () => {
  await project.write(
    'consumer.ts',
    `import { databaseTarget, run, type MigrationContract } from '@techfacts/migrator'
     import { readCatalog } from '@techfacts/migrator/catalog'
     import { Migrator, mikroOrmProject } from '@techfacts/migrator/mikro-orm'
     import { defineConfig } from '@mikro-orm/postgresql'
     export const config = defineConfig({ extensions: [Migrator] })
     export const done: Promise<{ migrations: readonly { name: string }[] }> =
       run(mikroOrmProject('a'), databaseTarget('b'), { direction: 'up', target: 'head' })
     // @ts-expect-error there is no such phase
     export const contract: MigrationContract = { phase: 'shrink' }
     export { readCatalog }`,
  )
  const flags = '--noEmit --strict --module nodenext --target es2023 --skipLibCheck'.split(' ')
  expect(await project.tsc(...flags, 'consumer.ts')).toEqual({ exit: 0, output: '' })
})
