import type pg from 'pg'
import {
  withoutLastName,
  toIdentity,
  lastName,
  readCatalog,
  splitIdentity,
  type Catalog,
  type CatalogObject,
} from '../catalog/index.ts'
import type { LedgerName } from '../database-state.ts'
import { readManifest } from '../project/manifest-file.ts'
import type { Project } from '../project/project.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { ARCHIVE_SCHEMA, JOURNAL_SCHEMA } from '../journal/journal.ts'

/**
 * Reads the schema that the migrations describe: all of the database but the migrator's own schemas, the
 * ledger, and the schemas named in `exclude`.
 */
export async function readApplicationCatalog(
  client: pg.ClientBase,
  ledger: LedgerName | undefined,
  exclude: readonly string[] = [],
): Promise<Catalog> {
  const catalog = await readCatalog(client, {
    exclude: [JOURNAL_SCHEMA, ARCHIVE_SCHEMA, ...exclude],
  })
  return ledger ? withoutLedger(catalog, ledger) : catalog
}

/** A catalog without a ledger and all that belongs to it. */
export function withoutLedger({ objects }: Catalog, ledger: LedgerName): Catalog {
  return { objects: objects.filter((object) => !isOfLedger(object, ledger)) }
}

/** A catalog without some schemas and all that is in them. */
export function withoutSchemas({ objects }: Catalog, exclude: readonly string[]): Catalog {
  const isIn = (identity: string) => exclude.includes(splitIdentity(identity)[0] ?? '')
  return {
    objects: objects.filter((one) => !isIn('of' in one ? one.of : one.identity)),
  }
}

/** Of some names those that no schema of a catalog has. */
export function absentSchemas({ objects }: Catalog, names: readonly string[]): string[] {
  const there = new Set(objects.map((one) => splitIdentity('of' in one ? one.of : one.identity)[0]))
  return names.filter((name) => !there.has(name))
}

/** The same of a database, on a connection of its own. */
export async function absentSchemasOf(
  target: DatabaseTarget,
  names: readonly string[],
): Promise<string[]> {
  if (names.length === 0) return []
  const { rows } = await withConnection(target, (client) =>
    client.query<{ name: string }>(
      'select nspname as name from pg_catalog.pg_namespace where nspname = any ($1)',
      [names],
    ),
  )
  const there = new Set(rows.map(({ name }) => name))
  return names.filter((name) => !there.has(name))
}

/**
 * The same, on a connection of its own; the ledger is the one that the project's manifest names.
 * Throws what connecting throws.
 */
export async function readCatalogOf(
  target: DatabaseTarget,
  project: Project,
  exclude: readonly string[] = [],
): Promise<Catalog> {
  const manifest = await readManifest(project.manifestPath)
  return withConnection(target, (client) =>
    readApplicationCatalog(client, manifest?.ledger ?? DEFAULT_LEDGER, exclude),
  )
}

/** MikroORM's own default. */
const DEFAULT_LEDGER: LedgerName = { table: 'mikro_orm_migrations' }

/** The ledger, its parts, and the sequence of its ids. */
function isOfLedger(object: CatalogObject, { schema, table }: LedgerName): boolean {
  const isLedger = (identity: string) =>
    schema === undefined ? lastName(identity) === table : identity === toIdentity(schema, table)
  if (object.kind === 'table') return isLedger(object.identity)
  if (object.kind === 'sequence')
    return object.ownedBy !== undefined && isLedger(withoutLastName(object.ownedBy))
  return 'of' in object && isLedger(object.of)
}
