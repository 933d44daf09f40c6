import type { ClientBase } from 'pg'
import { canonicalText } from './deparsed.ts'
import { addressKey, objectFromRow, type Comment, type Comments } from './from-row.ts'
import type { Catalog, CatalogObject } from './model.ts'
import { COMMENTED, COMMENTS } from './queries/comments.ts'
import { DATABASE, type Database } from './queries/database.ts'
import { queries } from './queries/index.ts'
import type { Row } from './queries/query.ts'
import { withCanonicalSession } from './session.ts'
import { sortObjects } from './sort.ts'

/**
 * Reads a database's schema as it is, in one REPEATABLE READ transaction (or, inside a caller's, as
 * that one sees it). It sends 27 statements whatever the size, and waits where a view's tables are
 * locked ACCESS EXCLUSIVE: the session's lock_timeout holds.
 *
 * Left out: system and temporary schemas, what belongs to an extension, the schemas named in
 * `exclude` (and settings with such a prefix), what belongs to the server (roles, tablespaces, its
 * settings, the database's own encoding and locale) and what is data (rows, sequence values).
 *
 * @throws what PostgreSQL says
 */
export async function readCatalog(
  client: ClientBase,
  options: { exclude?: string[] } = {},
): Promise<Catalog> {
  const exclude = options.exclude ?? []
  return await withCanonicalSession(client, async () => {
    const database = await readDatabase(client, exclude)
    const context = { databaseOwner: database.owner, comments: await readComments(client) }
    const objects: CatalogObject[] = []
    for (const query of queries) {
      const rows = await readRows(client, query.sql(database.major), [database.schemas, exclude])
      objects.push(...rows.map((row) => objectFromRow(query, row, context)))
    }
    objects.push(...(await readOtherComments(client, context.comments, exclude)))
    return { objects: sortObjects(objects) }
  })
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
