import type { ClientBase } from 'pg'
import { canonicalText } from './deparsed.ts'
import { grantsOf } from './grants.ts'
import type { Catalog, CatalogObject } from './model.ts'
import { COMMENTED, COMMENTS } from './queries/comments.ts'
import { queries } from './queries/index.ts'
import type { Query, Row } from './queries/query.ts'
import { withCanonicalSession } from './session.ts'
import { sortObjects } from './sort.ts'

/** How many statements one reading sends, whatever the size of the database. */
export const STATEMENTS_PER_READ = queries.length + 6

/**
 * Reads a database's schema as it is, in one REPEATABLE READ transaction.
 *
 * Left out: system and temporary schemas, what belongs to an extension, the schemas named in `exclude`, and all that
 * belongs to the server (roles, tablespaces, its settings) or is data (rows, sequence values, large objects' content).
 * Inside a transaction of the caller's it reads what that transaction sees.
 *
 * @throws what PostgreSQL says, for instance where an object is dropped while it is read
 */
export async function readCatalog(
  client: ClientBase,
  options: { exclude?: string[] } = {},
): Promise<Catalog> {
  const exclude = options.exclude ?? []
  return await withCanonicalSession(client, async () => {
    const database = await readDatabase(client, exclude)
    const comments = await readComments(client)
    const objects: CatalogObject[] = []
    for (const query of queries) {
      const rows = await readRows(client, query.sql(database.major), [database.schemas, exclude])
      objects.push(...rows.map((row) => toObject(query, row, database.owner, comments)))
    }
    objects.push(...(await readOtherComments(client, comments, exclude)))
    return { objects: sortObjects(objects) }
  })
}

type Comments = Map<string, Address & { comment: string }>
type Address = { catalog: string; oid: number; part: number }

async function readDatabase(client: ClientBase, exclude: string[]): Promise<Database> {
  const { rows } = await client.query<Database>(
    `select current_setting('server_version_num')::int / 10000 as major,
      (select pg_get_userbyid(datdba)::text from pg_database where datname = current_database()) as owner,
      array(select oid::int8::int from pg_namespace
        where nspname <> all($1) and nspname <> 'information_schema'
          and nspname !~ '^pg_(toast|(toast_)?temp_.*)$') as schemas`,
    [exclude],
  )
  const [database] = rows
  if (!database) throw new Error('PostgreSQL gave no row for current_database()')
  return database
}

type Database = { major: number; owner: string; schemas: number[] }

/** The CTE gives both parameters a type, so that a query may use either, both or none. */
async function readRows(client: ClientBase, sql: string, parameters: unknown[]): Promise<Row[]> {
  const { rows } = await client.query<Row>(
    `with parameters as (select $1::oid[], $2::text[]) ${sql}`,
    parameters,
  )
  return rows
}

async function readComments(client: ClientBase): Promise<Comments> {
  const { rows } = await client.query<Address & { comment: string }>(COMMENTS)
  return new Map(rows.map((row) => [addressKey(row), row]))
}

function addressKey(address: Address): string {
  return `${address.catalog} ${address.oid} ${address.part}`
}

/** The comments that no object has taken, as objects. */
async function readOtherComments(
  client: ClientBase,
  comments: Comments,
  exclude: string[],
): Promise<CatalogObject[]> {
  const { rows } = await client.query<{ identity: string; text: string }>(
    COMMENTED,
    [JSON.stringify([...comments.values()]), exclude],
  )
  return rows.map((row) => ({
    kind: 'comment',
    identity: canonicalText(row.identity),
    text: row.text,
  }))
}

/** Makes a row what the model says: canonical text, words for grants, its comment, and no defaults. */
export function toObject(
  query: Query,
  row: Row,
  databaseOwner: string,
  comments: Comments,
): CatalogObject {
  const {
    catalog = 'pg_class',
    oid = 0,
    part = 0,
    acl,
    defaultAcl = [],
    fullAcl,
    ...properties
  } = row
  const key = addressKey({ catalog, oid, part })
  const comment = comments.get(key)?.comment
  comments.delete(key)
  const grants =
    acl === undefined
      ? []
      : grantsOf(acl, defaultAcl, (fullAcl as string[]) ?? defaultAcl, databaseOwner)
  const owner = row.owner === 'pg_database_owner' ? undefined : row.owner
  const values = { ...properties, owner, grants, comment, noted: withoutDefaults(row.noted ?? {}) }
  for (const name of query.deparsed ?? []) Object.assign(values, { [name]: canonical(row[name]) })
  return { kind: query.kind, ...withoutDefaults(values) } as CatalogObject
}

function canonical(value: unknown): unknown {
  if (typeof value === 'string') return canonicalText(value)
  return Array.isArray(value) ? value.map(canonical) : value
}

function withoutDefaults(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isDefault(value)))
}

function isDefault(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === false ||
    (typeof value === 'object' && Object.keys(value).length === 0)
  )
}
