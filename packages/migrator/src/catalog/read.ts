import type { ClientBase } from 'pg'
import { canonicalText } from './canonical-text.ts'
import { CatalogError } from './errors.ts'
import { addressKey, objectFromRow, type Comment, type Comments } from './from-row.ts'
import type { Catalog, CatalogObject } from './model.ts'
import { COMMENTED, COMMENTS } from './queries/comments.ts'
import { DATABASE, NAMES, type Database } from './queries/database.ts'
import { queries } from './queries/index.ts'
import type { Row } from './queries/query.ts'
import { withCanonicalSession } from './session.ts'
import { sortObjects } from './sort.ts'

/** A schema that changes each time it is read is not worth waiting for. */
const ATTEMPTS = 3

/** What PostgreSQL says of an object that was dropped since the snapshot was taken. */
const INTERNAL_ERROR = 'XX000'

/**
 * Reads a database's schema as it is, in one REPEATABLE READ transaction (or, inside a caller's, as
 * that one sees it), with 34 statements whatever the size. Where another session renames or drops
 * something meanwhile, it reads again. It waits where a view's tables are locked ACCESS EXCLUSIVE:
 * the session's lock_timeout holds.
 *
 * Left out: system and temporary schemas, what belongs to an extension, the schemas named in
 * `exclude` (and settings with such a prefix), what belongs to the server (roles, tablespaces, its
 * settings, the database's own encoding and locale) and what is data (rows, sequence values).
 *
 * @throws CatalogError `CHANGED_WHILE_READ` when it changed three times; else what PostgreSQL says
 */
export async function readCatalog(
  client: ClientBase,
  options: { exclude?: string[] } = {},
): Promise<Catalog> {
  let cause: unknown
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      const { catalog, schemas, names } = await readOnce(client, options.exclude ?? [])
      if (names === (await readNamesAnew(client, schemas))) return catalog
    } catch (error) {
      if (!isDropped(error)) throw error
      cause = error
    }
  }
  throw new CatalogError(
    'CHANGED_WHILE_READ',
    'The schema was changed by another session each time it was read. Read it when that is done.',
    { cause },
  )
}

function isDropped(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === INTERNAL_ERROR
}

async function readOnce(client: ClientBase, exclude: string[]): Promise<Reading> {
  return await withCanonicalSession(client, async () => {
    const { major, owner, schemas } = await readDatabase(client, exclude)
    const names = await readNames(client, schemas)
    const context = { databaseOwner: owner, comments: await readComments(client) }
    const objects: CatalogObject[] = []
    for (const query of queries) {
      const rows = await readRows(client, query.sql(major), [schemas, exclude])
      objects.push(...rows.map((row) => objectFromRow(query, row, context)))
    }
    objects.push(...(await readOtherComments(client, context.comments, exclude)))
    return { catalog: { objects: sortObjects(objects) }, schemas, names }
  })
}

type Reading = { catalog: Catalog; schemas: string[]; names: string }

async function readNamesAnew(client: ClientBase, schemas: string[]): Promise<string> {
  return await withCanonicalSession(client, () => readNames(client, schemas))
}

async function readNames(client: ClientBase, schemas: string[]): Promise<string> {
  const { rows } = await client.query<{ names: string }>(NAMES, [schemas])
  return rows[0]?.names ?? ''
}

async function readDatabase(client: ClientBase, exclude: string[]): Promise<Database> {
  const { rows } = await client.query<Database>(DATABASE, [exclude])
  const [database] = rows
  if (!database) throw new Error('PostgreSQL does not list the database that this session is in.')
  return database
}

/** The CTE gives both parameters a type, so that a query may use either, both or none. */
async function readRows(client: ClientBase, sql: string, parameters: unknown[]): Promise<Row[]> {
  const { rows } = await client.query<Row>(
    `with parameters as (select $1::oid[], $2::text[]) ${sql}`,
    parameters,
  )
  return rows
}

async function readComments(client: ClientBase): Promise<Comments> {
  const { rows } = await client.query<Comment>(COMMENTS)
  return new Map(rows.map((row) => [addressKey(row), row]))
}

/** The comments that no object has taken, as objects. */
async function readOtherComments(
  client: ClientBase,
  comments: Comments,
  exclude: string[],
): Promise<CatalogObject[]> {
  const { rows } = await client.query<{ identity: string; text: string }>(COMMENTED, [
    JSON.stringify([...comments.values()]),
    exclude,
  ])
  return rows.map(({ identity, text }) => ({
    kind: 'comment',
    identity: canonicalText(identity),
    text,
  }))
}
