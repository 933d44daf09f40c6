import { messageFrom } from '../errors/message-from.ts'
import { inRolledBackTransaction } from '../session/transaction.ts'
import type { Client } from 'pg'
import {
  diffCatalogs,
  parseCatalog,
  serializeCatalog,
  type Catalog,
  type Difference,
} from '../catalog/index.ts'
import type { LedgerName } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import { quoteName } from '../sql/quote-name.ts'
import { readApplicationCatalog } from '../drift/application-catalog.ts'
import { withConnection, type ConnectOptions } from '../session/connect.ts'

/** The script that would make a schema of nothing, and the schemas that it is about. */
export interface InitialScript {
  readonly statements: readonly string[]
  readonly schemas: readonly string[]
  /** The one of them that the script expects to be there. */
  readonly defaultSchema: string
}

/** Beside these, roles, storage and comments are no part of what a generator writes. */
const COMPARED = new Set(['structure', 'integrity', 'behaviour', 'speed'])

/** Long and odd, so that it can be told from any other name in the text of a catalog. */
const ASIDE = 'migrator_set_aside_'

/**
 * Says how a database differs from what a script would make, had it been empty: the script is run beside
 * it, in a transaction that is rolled back, with the schemas set aside under other names. No table is
 * locked.
 * Throws INITIAL_DIFFERS where that cannot be done: where the role does not own the schemas, for one.
 */
export async function differenceFromScript(
  options: ConnectOptions,
  script: InitialScript,
  ledger: LedgerName,
): Promise<Difference[]> {
  return withConnection(options, async (client) => {
    const compare = async () => {
      const here = await readApplicationCatalog(client, ledger)
      const asides = await setAside(client, script.schemas)
      const there = await catalogOfScript(client, script, ledger, asides)
      return diffCatalogs(here, there).filter(({ severity }) => COMPARED.has(severity))
    }
    try {
      return await inRolledBackTransaction(client, compare, `begin; set local lock_timeout = '1s'`)
    } catch (error) {
      const why = `whether they are what the initial migration makes cannot be told: ${messageFrom(error)}.`
      throw failure('INITIAL_DIFFERS', { why }, error)
    }
  })
}

async function setAside(client: Client, schemas: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    'select nspname as name from pg_namespace where nspname = any ($1)',
    [schemas],
  )
  for (const { name } of rows) {
    await client.query(`alter schema ${quoteName(name)} rename to ${quoteName(ASIDE + name)}`)
  }
  return rows.map(({ name }) => ASIDE + name)
}

/** Types and functions that the script takes for given are still found, where they were set aside. */
async function catalogOfScript(
  client: Client,
  { statements, schemas, defaultSchema }: InitialScript,
  ledger: LedgerName,
  asides: string[],
): Promise<Catalog> {
  if (schemas.includes(defaultSchema))
    await client.query(`create schema ${quoteName(defaultSchema)}`)
  const path = [defaultSchema, ...asides].map((name) => quoteName(name)).join(', ')
  await client.query(`set local search_path to ${path}`)
  for (const statement of statements) await client.query(statement)
  const catalog = await readApplicationCatalog(client, ledger, asides)
  return parseCatalog(serializeCatalog(catalog).replaceAll(ASIDE, ''))
}
