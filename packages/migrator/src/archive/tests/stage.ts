import { randomBytes } from 'node:crypto'
import { Client, escapeIdentifier, escapeLiteral, Pool } from 'pg'
import type { Case } from './case.ts'
import { EXACT } from './snapshot.ts'
import { WriterThread } from './threads.ts'

/** Where cases are played: a server, its roles, and the thread of the writers. */
export interface Stage {
  readonly writer: WriterThread
  /** Makes a database for a case. */
  open(given: Case): Promise<Scene>
  close(): Promise<void>
}

/** A case's database, and who comes to it. */
export interface Scene {
  /** The role that runs the migrations, with the settings that it finds. */
  readonly url: string
  /** The same role, with none of those settings: the application. */
  connectPlainly(): Promise<Client>
  /** The same role as it finds itself. */
  connectAsAuthor(): Promise<Client>
  /** Sees everything, in its exact text. */
  readonly observer: Client
  close(): Promise<void>
}

const ROLES = { superuser: 'techfacts_property_super', owner: 'techfacts_property_owner' } as const

const MAKE_ROLES = `
select pg_advisory_lock(7246118306);
do $$ begin
  if to_regrole('${ROLES.superuser}') is null then create role ${ROLES.superuser} superuser login password 'property'; end if;
  if to_regrole('${ROLES.owner}') is null then create role ${ROLES.owner} nosuperuser login password 'property'; end if;
end $$;
select pg_advisory_unlock(7246118306)`

/** Making a database costs half of a case; emptying one does not. After so many its catalogs are full of what was. */
const CASES_PER_DATABASE = 40

/** Makes a database as it was made, but for the roles' settings. */
const EMPTY = `
do $$ declare it text; begin
  perform pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();
  for it in select pubname from pg_publication loop execute format('drop publication %I', it); end loop;
  for it in select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop
    execute format('drop schema %I cascade', it);
  end loop;
end $$;
select lo_unlink(oid) from pg_largeobject_metadata;
create schema public authorization pg_database_owner;
grant usage, create on schema public to public`

interface Server {
  readonly admin: Pool
  readonly url: string
  readonly run: string
  /** Databases that are free, and how many cases each has seen. */
  readonly free: { readonly name: string; readonly cases: number }[]
}

export async function openStage({ url, run }: { url: string; run: string }): Promise<Stage> {
  const admin = new Pool({ connectionString: url, max: 4 })
  await admin.query(MAKE_ROLES)
  const writer = new WriterThread()
  const server: Server = { admin, url, run, free: [] }
  return {
    writer,
    open: (given) => openScene(server, given),
    close: async () => {
      await writer.close()
      for (const { name } of server.free) await drop(server, name)
      await admin.end()
    },
  }
}

async function openScene(server: Server, { role, settings }: Case): Promise<Scene> {
  const { admin, free } = server
  const { name, cases } = free.pop() ?? (await create(server))
  const database = escapeIdentifier(name)
  const author = `role ${ROLES[role]} in database ${database}`
  await admin.query(`alter database ${database} owner to ${ROLES[role]}`)
  for (const [setting, value] of settings) {
    await admin.query(`alter ${author} set ${setting} to ${valueOf(setting, value)}`)
  }
  const url = urlOf(server.url, name, ROLES[role])
  const observer = await connect(urlOf(server.url, name))
  await observer.query(EMPTY)
  await observer.query(EXACT)
  return {
    url,
    observer,
    connectAsAuthor: () => connect(url),
    connectPlainly: async () => {
      const client = await connect(url)
      await client.query(plain(settings))
      return client
    },
    close: async () => {
      await observer.end()
      if (cases >= CASES_PER_DATABASE) return drop(server, name)
      await admin.query(`alter ${author} reset all`)
      free.push({ name, cases: cases + 1 })
    },
  }
}

async function create({ admin, run }: Server): Promise<Server['free'][number]> {
  const name = `techfacts_test_${run}_p${randomBytes(6).toString('hex')}`
  await admin.query(
    `create database ${escapeIdentifier(name)} template template0 strategy file_copy`,
  )
  return { name, cases: 0 }
}

async function drop({ admin }: Server, name: string): Promise<void> {
  await admin.query(`drop database if exists ${escapeIdentifier(name)} with (force)`)
}

/** A list of names is one only where it is not quoted as a whole. */
function valueOf(setting: string, value: string): string {
  return setting === 'search_path' ? value : escapeLiteral(value)
}

/** `set x to default` would bring the role's back: a role's setting is a default. */
function plain(settings: readonly (readonly [string, string])[]): string {
  const usual: Readonly<Record<string, string>> = {
    timezone: `'UTC'`,
    datestyle: `'ISO, MDY'`,
    intervalstyle: `'postgres'`,
    extra_float_digits: '1',
    bytea_output: `'hex'`,
    array_nulls: 'on',
    xmloption: `'content'`,
    xmlbinary: `'base64'`,
    standard_conforming_strings: 'on',
    backslash_quote: `'safe_encoding'`,
    default_transaction_isolation: `'read committed'`,
    default_transaction_read_only: 'off',
    default_transaction_deferrable: 'off',
    row_security: 'on',
    session_replication_role: `'origin'`,
    search_path: '"$user", public',
    lc_monetary: `'C'`,
    statement_timeout: '0',
    lock_timeout: '0',
    quote_all_identifiers: 'off',
    transform_null_equals: 'off',
    default_toast_compression: `'pglz'`,
    check_function_bodies: 'on',
    idle_in_transaction_session_timeout: '0',
    default_table_access_method: 'heap',
    client_min_messages: `'notice'`,
  }
  return settings
    .filter(([name]) => name in usual)
    .map(([name]) => `set ${name} = ${usual[name]}`)
    .join('; ')
}

function urlOf(url: string, database: string, role?: string): string {
  const made = new URL(url)
  made.pathname = `/${database}`
  if (role !== undefined) {
    made.username = role
    made.password = 'property'
  }
  return made.href
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return client
}
