import type pg from 'pg'
import {
  containerOf,
  identityOf,
  lastName,
  readCatalog,
  type Catalog,
  type CatalogObject,
} from '../catalog/index.ts'
import type { LedgerName } from '../database-state.ts'
import { readSnapshotFile } from '../project/snapshot-file.ts'
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

/**
 * The catalog that `source` names: a database by its URL, or a snapshot by its path. Bookkeeping is left
 * out as the project's manifest names it.
 * Throws what connecting throws, and SNAPSHOT_UNREADABLE.
 */
export async function openCatalog(
  source: string,
  project: Project,
  databaseTarget: (url: string) => DatabaseTarget,
  exclude: readonly string[] = [],
): Promise<Catalog> {
  if (!/^postgres(ql)?:\/\//.test(source)) return readSnapshotFile(source)
  const lock = await readManifest(project.manifestPath)
  return withConnection(databaseTarget(source), (client) =>
    readApplicationCatalog(client, lock?.ledger ?? DEFAULT_LEDGER, exclude),
  )
}

/** MikroORM's own default. */
const DEFAULT_LEDGER: LedgerName = { table: 'mikro_orm_migrations' }

/** The ledger, its parts, and the sequence of its ids. */
function isOfLedger(object: CatalogObject, { schema, table }: LedgerName): boolean {
  const isLedger = (identity: string) =>
    schema === undefined ? lastName(identity) === table : identity === identityOf(schema, table)
  if (object.kind === 'table') return isLedger(object.identity)
  if (object.kind === 'sequence')
    return object.ownedBy !== undefined && isLedger(containerOf(object.ownedBy))
  return 'of' in object && isLedger(object.of)
}
