import type pg from 'pg'
import { withoutLastName, lastName, type Catalog, type CatalogObject } from '../catalog/index.ts'
import { findStranger } from './strangers.ts'

/** Another tool's record of what it has applied: shown as a hint, not trusted and not touched. */
export interface OtherLedger {
  readonly tool: string
  readonly table: string
  /** Its last rows, as JSON; none where it is not read. */
  readonly rows: readonly string[]
  /** Set where a role that is not trusted owns it, or something that reading it runs: then it is not read. */
  readonly untrustedOwner?: string
}

/** Ledgers by name; their columns distinguish them from an application's table of the same name. */
const LEDGERS: readonly { tool: string; table: string; columns: readonly string[] }[] = [
  { tool: 'Alembic', table: 'alembic_version', columns: ['version_num'] },
  { tool: 'Knex', table: 'knex_migrations', columns: ['name', 'batch'] },
  { tool: 'Knex', table: 'knex_migrations_lock', columns: ['is_locked'] },
  { tool: 'Prisma', table: '_prisma_migrations', columns: ['migration_name', 'checksum'] },
  { tool: 'Drizzle', table: '__drizzle_migrations', columns: ['hash'] },
  { tool: 'Rails, dbmate or golang-migrate', table: 'schema_migrations', columns: ['version'] },
  { tool: 'Rails', table: 'ar_internal_metadata', columns: ['key', 'value'] },
  { tool: 'Flyway', table: 'flyway_schema_history', columns: ['installed_rank', 'version'] },
  { tool: 'Liquibase', table: 'databasechangelog', columns: ['id', 'md5sum'] },
  { tool: 'Liquibase', table: 'databasechangeloglock', columns: ['locked'] },
  { tool: 'TypeORM', table: 'migrations', columns: ['timestamp', 'name'] },
  { tool: 'TypeORM', table: 'typeorm_metadata', columns: ['type', 'value'] },
  { tool: 'db-migrate', table: 'migrations', columns: ['name', 'run_on'] },
  { tool: 'Sequelize', table: 'SequelizeMeta', columns: ['name'] },
  { tool: 'node-pg-migrate', table: 'pgmigrations', columns: ['name', 'run_on'] },
  { tool: 'Kysely', table: 'kysely_migration', columns: ['name', 'timestamp'] },
  { tool: 'Kysely', table: 'kysely_migration_lock', columns: ['is_locked'] },
  { tool: 'Goose', table: 'goose_db_version', columns: ['version_id'] },
  { tool: 'Django', table: 'django_migrations', columns: ['app', 'name'] },
  { tool: 'Atlas', table: 'atlas_schema_revisions', columns: ['version', 'hash'] },
]

/** Splits a catalog into the application's objects and the ledgers of other tools. Pure. */
export function withoutOtherLedgers(catalog: Catalog): {
  catalog: Catalog
  ledgers: { tool: string; table: string }[]
} {
  const columns = columnsByTable(catalog)
  const ledgers = [...columns].flatMap(([table, names]) => {
    const last = lastName(table)
    const known = LEDGERS.find(
      (one) => one.table === last && one.columns.every((column) => names.has(column)),
    )
    return known ? [{ tool: known.tool, table }] : []
  })
  const taken = new Set(ledgers.map(({ table }) => table))
  const isPart = (object: CatalogObject) =>
    taken.has(object.identity) ||
    ('of' in object && taken.has(object.of)) ||
    (object.kind === 'sequence' && taken.has(withoutLastName(object.ownedBy ?? '')))
  const rest = catalog.objects.filter((object) => !isPart(object))
  return { catalog: { objects: withoutEmptiedSchemas(rest, taken) }, ledgers }
}

/** Reads the last rows of each ledger that trusted roles own. */
export async function readOtherLedgers(
  client: pg.ClientBase,
  ledgers: readonly { tool: string; table: string }[],
): Promise<OtherLedger[]> {
  const read: OtherLedger[] = []
  for (const { tool, table } of ledgers) {
    const stranger = await findStranger(client, [{ kind: 'table', identity: table }])
    if (stranger) {
      read.push({ tool, table, rows: [], untrustedOwner: stranger.owner })
      continue
    }
    const { rows } = await client.query<{ row: string }>(
      `select left(to_jsonb(l)::text, ${LONGEST_ROW + 1}) as row from ${table} l order by ctid desc limit 3`,
    )
    read.push({ tool, table, rows: rows.map(({ row }) => cut(row)) })
  }
  return read
}

const LONGEST_ROW = 200

function cut(row: string): string {
  return row.length > LONGEST_ROW ? `${row.slice(0, LONGEST_ROW)}…` : row
}

/** Removes a tool's own schema, such as `drizzle`, if nothing else is in it. */
function withoutEmptiedSchemas(
  objects: CatalogObject[],
  taken: ReadonlySet<string>,
): CatalogObject[] {
  const schemas = new Set([...taken].map(withoutLastName))
  const isEmpty = (schema: string) =>
    schema !== 'public' && !objects.some(({ identity }) => identity.startsWith(`${schema}.`))
  return objects.filter(
    ({ kind, identity }) => kind !== 'schema' || !schemas.has(identity) || !isEmpty(identity),
  )
}

function columnsByTable({ objects }: Catalog): Map<string, Set<string>> {
  const tables = new Map<string, Set<string>>()
  for (const object of objects) {
    if (object.kind !== 'column') continue
    const names = tables.get(object.of) ?? new Set()
    tables.set(object.of, names.add(lastName(object.identity)))
  }
  return tables
}
