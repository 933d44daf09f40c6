import { messageFrom } from '../errors/message-from.ts'
import { escapeLiteral, type Client } from 'pg'
import { failure, MigratorError } from '../errors/index.ts'
import { quoteName } from '../sql/quote-name.ts'
import {
  ARCHIVE_SCHEMA,
  BACKFILL_COLUMNS,
  BACKFILLS,
  FORMER_JOURNAL,
  GATE_COLUMNS,
  JOURNAL,
  JOURNAL_SCHEMA,
} from '../journal/names.ts'
import { HEARTBEAT_CALL } from '../journal/instances.ts'
import { upgradeForAllProjects } from '../journal/bookkeeping.ts'
import { hasRelation } from '../journal/journal.ts'
import { keepingCatalog } from '../drift/keep-schema-recorded.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { explainRefusal } from '../session/explain.ts'
import { collectingWarnings } from './warnings.ts'
import { requirePowerless } from './require-powerless.ts'
import { requireTrusted } from '../journal/trust.ts'
import { scramVerifier } from './scram.ts'
import { inTransaction } from '../session/transaction.ts'
import { withSession } from '../session/session.ts'

export interface GrantReport {
  readonly role: string
  readonly created: boolean
  /** Where it may change rows. */
  readonly schemas: readonly string[]
  /** What PostgreSQL did not grant, in its words. */
  readonly warnings: readonly string[]
}

/**
 * Gives a role the rights of an application: SELECT, INSERT, UPDATE, DELETE on all tables of the database's
 * schemas, use of sequences and functions, on those to come too; no DDL. Of ledger and journal it may only read
 * what a service's gate asks, and call what records that an instance runs; the archive not at all. The role is created where it is missing; a `password`
 * is set where one is given, and the server is told only what it stores of it.
 * Waits for a run that is at work; the next one expects what it leaves.
 * Throws ROLE_TOO_POWERFUL, ROLE_FAILED, PRIVILEGE_MISSING, PASSWORD_UNUSABLE, BOOKKEEPING_UNTRUSTED, LOCK_HELD.
 * @example
 * await grantApplicationRole(target, 'app', process.env.APP_PASSWORD)
 */
export async function grantApplicationRole(
  database: DatabaseTarget,
  role: string,
  password: string | undefined,
): Promise<GrantReport> {
  return withSession(database, async ({ client }) => {
    await requireTrusted(client)
    await requirePowerless(client, role)
    await upgradeForAllProjects(client)
    return keepingCatalog(client, database.actor, () => grant(client, role, password))
  })
}

async function grant(
  client: Client,
  role: string,
  password: string | undefined,
): Promise<GrantReport> {
  const verifier = password === undefined ? undefined : await scramVerifier(password)
  try {
    return await inTransaction(client, async () => {
      const created = await ensureRole(client, role, verifier)
      let schemas: string[] = []
      const warnings = await collectingWarnings(client, async () => {
        schemas = await grantSchemas(client, quoteName(role))
      })
      return { role, created, schemas, warnings }
    })
  } catch (error) {
    const known = explainRefusal(error, client)
    if (known instanceof MigratorError && known.code !== 'POSTGRES_REFUSED') throw known
    const reason = messageFrom(error)
    throw failure('ROLE_FAILED', { role, reason }, error)
  }
}

async function ensureRole(
  client: Client,
  role: string,
  verifier: string | undefined,
): Promise<boolean> {
  const { rows } = await client.query('select from pg_roles where rolname = $1', [role])
  const quoted = quoteName(role)
  if (rows.length === 0) await client.query(`create role ${quoted} login`)
  // A statement of DDL takes no parameters.
  if (verifier !== undefined) {
    await client.query(`alter role ${quoted} login password ${escapeLiteral(verifier)}`)
  }
  const database = await client.query<{ name: string }>('select current_database() as name')
  await client.query(
    `grant connect on database ${quoteName(database.rows[0]?.name ?? '')} to ${quoted}`,
  )
  return rows.length === 0
}

async function grantSchemas(client: Client, role: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select nspname as name from pg_namespace
      where nspname !~ '^pg_' and nspname not in ('information_schema', $1) and has_schema_privilege(oid, 'usage')
      order by 1`,
    [ARCHIVE_SCHEMA],
  )
  for (const { name } of rows) {
    const schema = quoteName(name)
    await client.query(`grant usage on schema ${schema} to ${role}`)
    if (name !== JOURNAL_SCHEMA) await grantDml(client, schema, role)
  }
  if (rows.some(({ name }) => name === JOURNAL_SCHEMA)) await grantGate(client, role)
  return rows.map(({ name }) => name).filter((name) => name !== JOURNAL_SCHEMA)
}

/** Whatever else the role or PUBLIC had on the bookkeeping is revoked: an earlier version gave DML on the ledger. */
async function grantGate(client: Client, role: string): Promise<void> {
  for (const kind of ['tables', 'sequences']) {
    const all = `all ${kind} in schema ${quoteName(JOURNAL_SCHEMA)}`
    await client.query(`revoke all on ${all} from ${role}, public`)
  }
  for (const journal of [JOURNAL, FORMER_JOURNAL]) {
    await client.query(`grant select (${GATE_COLUMNS}) on ${journal} to ${role}`)
  }
  if (await hasRelation(client, BACKFILLS)) {
    await client.query(`grant select (${BACKFILL_COLUMNS}) on ${BACKFILLS} to ${role}`)
  }
  await client.query(`grant execute on function ${HEARTBEAT_CALL} to ${role}`)
  const { rows } = await client.query<{ ledger: string; sequence: string | null }>(
    `select ledger, pg_get_serial_sequence(ledger, 'id') as sequence
       from (select distinct ledger from ${JOURNAL}) as known where to_regclass(ledger) is not null`,
  )
  for (const { ledger, sequence } of rows) {
    await client.query(`revoke all on ${ledger} from ${role}, public`)
    if (sequence !== null) await client.query(`revoke all on ${sequence} from ${role}, public`)
    await client.query(`grant select on ${ledger} to ${role}`)
  }
}

/** On what is there, and by default privileges on what the migrating role will make. */
async function grantDml(client: Client, schema: string, role: string): Promise<void> {
  const kinds = [
    ['select, insert, update, delete', 'tables'],
    ['usage, select', 'sequences'],
    ['execute', 'functions'],
  ] as const
  for (const [rights, kind] of kinds) {
    await client.query(`grant ${rights} on all ${kind} in schema ${schema} to ${role}`)
    await client.query(
      `alter default privileges in schema ${schema} grant ${rights} on ${kind} to ${role}`,
    )
  }
}
