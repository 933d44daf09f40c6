import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ROOT } from '../root.ts'
import type { Chain, Step } from './chains.ts'
import type { Command, Contender, Place } from './contender.ts'
import { ENGINE } from './install.ts'

/** The two baselines: the same transactions in psql, and Node that connects and reads the ledger. */
export const psql: Contender = {
  name: 'psql',
  packages: {},
  async prepare({ folder, url }, { steps }) {
    const ledger = 'create table if not exists ledger (name text primary key)'
    const each = steps.map(
      ({ name, sql }) => `begin;\n${sql};\ninsert into ledger values ('${name}');\ncommit;`,
    )
    await writeFile(join(folder, 'all.sql'), [`${ledger};`, ...each].join('\n'))
    return { up: { program: 'psql', args: [...QUIET, '-f', 'all.sql', url] } }
  },
}

const QUIET = ['-X', '-q', '-v', 'ON_ERROR_STOP=1']

export const bareNode: Contender = {
  name: 'bare Node script',
  packages: { pg: '8.23.0' },
  async prepare({ folder, url }) {
    await writeFile(
      join(folder, 'bare.mjs'),
      `import pg from 'pg'
const client = new pg.Client(process.env.DATABASE_URL)
await client.connect()
await client.query('select name from ledger')
await client.end()
`,
    )
    return { up: node(['bare.mjs'], url) }
  },
}

const MIKRO_ORM = '7.2.1'
const MIKRO_ORM_PACKAGES = {
  '@mikro-orm/cli': MIKRO_ORM,
  '@mikro-orm/core': MIKRO_ORM,
  '@mikro-orm/migrations': MIKRO_ORM,
  '@mikro-orm/postgresql': MIKRO_ORM,
}

/** This repository's engine: from its sources, and as a package that was installed. */
export const fromSources: Contender = {
  name: 'techfacts-migrator, from sources',
  packages: {},
  async prepare(place, chain) {
    const config = await writeInWorkspace(place, chain)
    // Started as the container is, with another project.
    const cli = join(ROOT, 'apps/migrate/src/main.js')
    return {
      up: node([cli, 'up', '--config', config], place.url),
      author: evaluate(place, hashIn(config)),
    }
  },
}

/** As its image is built: one folder, without node_modules. */
const fromBundle: Contender = {
  name: 'techfacts-migrator, bundle',
  packages: {},
  async prepare(place, chain) {
    const config = await writeInWorkspace(place, chain)
    const folder = join(place.folder, 'bundle')
    const build = `
import { buildBundle } from ${JSON.stringify(join(ROOT, 'apps/migrate/src/build/build.ts'))}
await buildBundle(${JSON.stringify({ config, folder, program: 'migrate' })})`
    return {
      up: node([join(folder, 'code/main.js'), 'up'], place.url),
      author: evaluate(place, hashIn(config) + build),
    }
  },
}

/** A project that takes its packages from this workspace; returns its configuration. */
async function writeInWorkspace(place: Place, chain: Chain): Promise<string> {
  await symlink(join(ROOT, 'packages/migrator/node_modules'), join(place.folder, 'node_modules'))
  await writeMikroOrm(place, chain)
  return join(place.folder, 'mikro-orm.config.js')
}

/**
 * What `hash` does without a server. With one it also reads the whole schema after each migration, for `check` alone:
 * of 1,000 migrations that took minutes, and `up` does not read what comes of it.
 */
function hashIn(config: string): string {
  return `
import { hashProject } from ${engineSource('index.ts')}
import { mikroOrmProject } from ${engineSource('mikro-orm/project.ts')}
await hashProject(mikroOrmProject(${JSON.stringify(config)}))`
}

function engineSource(path: string): string {
  return JSON.stringify(join(ROOT, 'packages/migrator/src', path))
}

const installed: Contender = {
  name: 'techfacts-migrator',
  packages: { ...MIKRO_ORM_PACKAGES, '@techfacts/migrator': ENGINE },
  async prepare(place, chain) {
    await writeMikroOrm(place, chain)
    const cli = join(place.installed, 'node_modules/@techfacts/migrator/dist/cli/main.js')
    return { up: node([cli, 'up'], place.url), author: node([cli, 'hash'], place.url) }
  },
}

const mikroOrm: Contender = {
  name: 'MikroORM’s CLI',
  packages: MIKRO_ORM_PACKAGES,
  async prepare(place, chain) {
    await writeMikroOrm(place, chain)
    const cli = join(place.installed, 'node_modules/@mikro-orm/cli/cli.js')
    // Its project is JavaScript: another contender's TypeScript loader is not its own.
    const { env, ...up } = node([cli, 'migration:up'], place.url)
    return { up: { ...up, env: { ...env, MIKRO_ORM_CLI_PREFER_TS: '0' } } }
  },
}

async function writeMikroOrm({ folder, url }: Place, { steps }: Chain): Promise<void> {
  const manifest = {
    type: 'module',
    dependencies: { '@mikro-orm/cli': '*', '@mikro-orm/migrations': '*' },
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await writeFile(
    join(folder, 'mikro-orm.config.js'),
    `import { Migrator } from '@mikro-orm/migrations'
import { defineConfig, EntitySchema } from '@mikro-orm/postgresql'
export default defineConfig({
  clientUrl: process.env.DATABASE_URL ?? ${JSON.stringify(url)},
  entities: [new EntitySchema({ name: 'One', properties: { id: { type: 'integer', primary: true } } })],
  extensions: [Migrator],
  migrations: { path: './migrations', pathTs: './migrations', snapshot: false },
})
`,
  )
  await writeAll(folder, steps, ({ name, sql }) => [
    `migrations/${name}.js`,
    `import { Migration } from '@mikro-orm/migrations'
export class ${name} extends Migration {
  up() {
    this.addSql(${JSON.stringify(sql)})
  }
  down() {}
}
`,
  ])
}

const umzug: Contender = {
  name: 'umzug',
  packages: { umzug: '3.8.3', pg: '8.23.0' },
  async prepare({ folder, url }, { steps }) {
    await writeAll(folder, steps, ({ name, sql }) => [`migrations/${name}.sql`, sql])
    await writeFile(join(folder, 'up.mjs'), UMZUG)
    return { up: node(['up.mjs'], url) }
  },
}

/** As its README has it: a storage, and a resolver for SQL files, each in a transaction with its row. */
const UMZUG = `import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { Umzug } from 'umzug'
const client = new pg.Client(process.env.DATABASE_URL)
await client.connect()
await client.query('create table if not exists ledger (name text primary key)')
const storage = {
  logMigration: async () => {},
  unlogMigration: async () => {},
  executed: async () => (await client.query('select name from ledger order by 1')).rows.map(({ name }) => name),
}
const umzug = new Umzug({
  migrations: {
    glob: 'migrations/*.sql',
    resolve: ({ name, path }) => ({
      name,
      up: async () => {
        await client.query('begin')
        await client.query(await readFile(path, 'utf8'))
        await client.query('insert into ledger values ($1)', [name])
        await client.query('commit')
      },
    }),
  },
  storage,
  logger: undefined,
})
await umzug.up()
await client.end()
`

const knex: Contender = {
  name: 'knex',
  packages: { knex: '3.3.0', pg: '8.23.0' },
  async prepare({ folder, installed: root, url }, { steps }) {
    await writeFile(
      join(folder, 'knexfile.mjs'),
      `export default { client: 'pg', connection: process.env.DATABASE_URL, migrations: { loadExtensions: ['.mjs'] } }\n`,
    )
    await writeAll(folder, steps, ({ name, sql }) => [
      `migrations/${name}.mjs`,
      `export const up = (knex) => knex.raw(${JSON.stringify(sql.replaceAll('?', String.raw`\?`))})\nexport const down = () => {}\n`,
    ])
    const cli = join(root, 'node_modules/knex/bin/cli.js')
    return { up: node([cli, '--knexfile', 'knexfile.mjs', 'migrate:latest'], url) }
  },
}

const nodePgMigrate: Contender = {
  name: 'node-pg-migrate',
  packages: { 'node-pg-migrate': '9.0.0', pg: '8.23.0' },
  async prepare({ folder, installed: root, url }, { steps }) {
    await writeAll(folder, steps, ({ sql }, n) => [
      `migrations/${1_700_000_000_000 + n}_step.sql`,
      `-- Up Migration\n${sql};\n-- Down Migration\n`,
    ])
    const cli = join(root, 'node_modules/node-pg-migrate/bin/node-pg-migrate.js')
    return { up: node([cli, 'up', '--no-single-transaction'], url) }
  },
}

const drizzle: Contender = {
  name: 'drizzle-kit',
  note: 'applies all in one transaction',
  packages: { 'drizzle-kit': '0.31.11', 'drizzle-orm': '0.45.4', pg: '8.23.0' },
  async prepare({ folder, installed: root, url }, { steps }) {
    await mkdir(join(folder, 'drizzle/meta'), { recursive: true })
    const config = { dialect: 'postgresql', out: './drizzle', dbCredentials: { url } }
    await writeFile(join(folder, 'drizzle.config.json'), JSON.stringify(config))
    const entries = steps.map(({ name: tag }, idx) => {
      return { idx, version: '7', when: 1_700_000_000_000 + idx, tag, breakpoints: true }
    })
    await writeFile(
      join(folder, 'drizzle/meta/_journal.json'),
      JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
    )
    await writeAll(folder, steps, ({ name, sql }) => [`drizzle/${name}.sql`, sql])
    const cli = join(root, 'node_modules/drizzle-kit/bin.cjs')
    return { up: node([cli, 'migrate', '--config=drizzle.config.json'], url) }
  },
}

const dbmate: Contender = {
  name: 'dbmate',
  packages: { dbmate: '2.36.0' },
  async prepare({ folder, installed: root, url }, { steps }) {
    await writeAll(folder, steps, ({ sql }, n) => [
      `db/${20_260_101_000_000 + n}_step.sql`,
      `-- migrate:up\n${sql};\n-- migrate:down\n`,
    ])
    const args = ['--migrations-dir', 'db', '--no-dump-schema', 'up']
    const env = { DATABASE_URL: `${url}?sslmode=disable` }
    return { up: { program: join(root, 'node_modules/.bin/dbmate'), args, env } }
  },
}

/** All that are compared, in the order of the report. */
export const contenders: readonly Contender[] = [
  installed,
  fromSources,
  fromBundle,
  mikroOrm,
  umzug,
  knex,
  nodePgMigrate,
  drizzle,
  dbmate,
]

/** Runs a module that is given as text. */
function evaluate({ url }: Place, module: string): Command {
  return node(['--input-type=module', '--eval', module], url)
}

function node(args: readonly string[], url: string): Command {
  return { program: process.execPath, args, env: { DATABASE_URL: url } }
}

async function writeAll(
  folder: string,
  steps: readonly Step[],
  file: (step: Step, n: number) => readonly [path: string, text: string],
): Promise<void> {
  for (const [n, step] of steps.entries()) {
    const [path, text] = file(step, n)
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}
