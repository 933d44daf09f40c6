import {
  databaseTarget,
  MigratorError,
  run,
  type DatabaseTarget,
  type TargetSettings,
} from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import type { Work } from '@techfacts/trials'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { startMigrate } from './start-migrate.ts'

/** The migrations in `fixtures/chain`: one of each kind, and a seed. */
export const CHAIN_CONFIG = fileURLToPath(
  new URL('fixtures/chain/mikro-orm.config.ts', import.meta.url),
)

export const chain = mikroOrmProject(CHAIN_CONFIG)

/** The names of the chain's migrations, in order, from its manifest. */
export const CHAIN_NAMES: readonly string[] = JSON.parse(
  await readFile(chain.manifestPath, 'utf8'),
).migrations.map(({ name }: { name: string }) => name)

export type Way = 'up' | 'down'

/** What both ways run: up as the container's job does it, down to nothing. */
const REQUEST = {
  up: { direction: 'up', target: 'head', seed: 'if-changed' },
  down: { direction: 'down', target: 'base' },
} as const

const ARGUMENTS = { up: ['start'], down: ['down', 'base'] } as const

/** Each has a row for each time that the statement that is named like it was run. */
export const COUNTERS = ['tables', 'before index', 'after index', 'archived', 'alone', 'code']

/** A database before the chain: only the counter, which no migration drops. */
export async function prepareBase(url: string): Promise<void> {
  await query(url, 'create table counter (name text not null)')
}

/** A database at the head of the chain, seeded. */
export async function prepareHead(url: string): Promise<void> {
  await prepareBase(url)
  await runChain(url, 'up')
}

/** Makes a database of the chain what it was when it was new: much quicker than a new one. */
export async function emptyAgain(url: string): Promise<void> {
  await query(
    url,
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid();
     drop schema if exists migrator, migrator_archive cascade; drop schema public cascade; create schema public;`,
  )
}

/** Runs the chain in this process. */
export async function runChain(url: string, way: Way, settings: TargetSettings = {}) {
  const database: DatabaseTarget = databaseTarget(url, {
    applicationName: 'migrate',
    ...settings,
  })
  return run(chain, database, REQUEST[way])
}

/** One way of the chain, as something that can be stopped. */
export function chainWork(way: Way): Work {
  return migratorWork((url) => runChain(url, way), [...ARGUMENTS[way], '--config', CHAIN_CONFIG])
}

/** Something that can be stopped: as a call of the engine, and as the program with these arguments. */
export function migratorWork(inProcess: Work['inProcess'], args: readonly string[]): Work {
  return {
    inProcess,
    start: (url) => startMigrate(args, { DATABASE_URL: url }),
    givesUpWith: (error) => error instanceof MigratorError,
  }
}

/** Lends `work` a connection. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: 'trial' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Asks by a connection that is there, or by one of its own. */
export async function query(
  at: string | Client,
  sql: string,
  values?: unknown[],
): Promise<Record<string, unknown>[]> {
  if (typeof at === 'string') return withClient(at, (client) => query(client, sql, values))
  return (await at.query(sql, values)).rows
}
