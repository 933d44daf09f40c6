import { defineEntity, MikroORM, p, type Options } from '@mikro-orm/postgresql'
import { Migration } from '@mikro-orm/migrations'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import type { Project } from '../../project/project.ts'
import { Migrator } from '../migrator.ts'
import { mikroOrmProject } from '../project.ts'

export const Author = defineEntity({
  name: 'Author',
  properties: { id: p.integer().primary(), name: p.text().index('author_name') },
})

export type Statements = { up: string[]; down?: string[]; isTransactional?: boolean }

/** A migration of MikroORM, in the words of a test. */
export function migration({ up, down = [], isTransactional = true }: Statements) {
  return class extends Migration {
    override up() {
      for (const sql of up) this.addSql(sql)
    }
    override down() {
      for (const sql of down) this.addSql(sql)
    }
    override isTransactional() {
      return isTransactional
    }
  }
}

export const table = (name: string) =>
  migration({ up: [`create table ${name} (id integer)`], down: [`drop table ${name}`] })

/** The text of a file with one. */
export const fileOf = (name: string, up: string, down: string, member = '') => `
import { Migration } from '@mikro-orm/migrations'
export class Migration${name} extends Migration {
  ${member}
  override up() {
    this.addSql(\`${up}\`)
  }
  override down() {
    this.addSql(\`${down}\`)
  }
}
`

export const THREE = { M1: table('one'), M2: table('two'), M3: table('three') }

const orms: MikroORM[] = []
const databases: TestDatabase[] = []
const folders: string[] = []
afterAll(async () => {
  await Promise.all(orms.map((orm) => orm.close(true)))
  await Promise.all(databases.map((database) => database.drop()))
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })))
})

export async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase()
  databases.push(database)
  return database
}

export async function ormOn(
  url: string,
  migrations: Options['migrations'] & object,
  entities: Options['entities'] & object = [Author],
): Promise<MikroORM> {
  const orm = await MikroORM.init({
    clientUrl: url,
    entities,
    extensions: [Migrator],
    allowGlobalContext: true,
    migrations: { silent: true, snapshot: false, ...migrations },
  })
  orms.push(orm)
  return orm
}

/** An ORM on an empty database, with migrations listed in code. */
export async function listed(classes: Record<string, new (...args: never[]) => Migration>) {
  const { url } = await emptyDatabase()
  return listedOn(url, classes)
}

export async function listedOn(
  url: string,
  classes: Record<string, new (...args: never[]) => Migration>,
) {
  const migrationsList = Object.entries(classes).map(([name, Class]) => ({
    name,
    class: Class as never,
  }))
  const orm = await ormOn(url, { migrationsList })
  return { url, orm, migrator: orm.migrator, rows: (sql: string) => query(url, sql) }
}

export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

export const names = (rows: readonly { name: string }[]) => rows.map(({ name }) => name)
export const code = (value: string) => expect.objectContaining({ code: value })

/** Inside the package, where MikroORM's packages are found. */
const HOME = join(import.meta.dirname, '../../../.data')

export const fileName = (time: string, name?: string) => `Migration${name ?? time}`

interface FileProject {
  readonly folder: string
  readonly url: string
  readonly orm: MikroORM
  /** The same migrations, through the configuration file. */
  readonly project: Project
  /** Writes a migration. */
  readonly write: (name: string, text: string) => Promise<void>
}

/** A project with its migrations in files, and an ORM on it. */
export async function fileProject(settings: Options['migrations'] = {}): Promise<FileProject> {
  await mkdir(HOME, { recursive: true })
  const folder = await mkdtemp(join(HOME, 'dropin-'))
  folders.push(folder)
  await mkdir(join(folder, 'migrations'))
  const { url } = await emptyDatabase()
  const config = join(folder, 'mikro-orm.config.ts')
  await writeFile(
    config,
    `import { defineConfig } from '@mikro-orm/postgresql'
       import { Migrator } from '../../src/mikro-orm/index.ts'
       export default defineConfig({ clientUrl: '${url}', entities: [], discovery: { warnWhenNoEntities: false },
         baseDir: import.meta.dirname, preferTs: false, extensions: [Migrator],
         migrations: { ...${JSON.stringify(settings)}, path: 'migrations', snapshot: false } })`,
  )
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const orm = await ormOn(url, { path: join(folder, 'migrations'), fileName, ...settings })
  const write = (name: string, text: string) => writeFile(join(folder, 'migrations', name), text)
  return { folder, url, orm, project: mikroOrmProject(config), write }
}
