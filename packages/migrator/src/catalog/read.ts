import type { ClientBase } from 'pg'
import { canonicalText } from './canonical-text.ts'
import { CatalogError } from './errors.ts'
import { addressKey, objectFromRow, type Comment, type Comments, type Context } from './from-row.ts'
import type { Catalog, CatalogObject } from './model.ts'
import { COMMENTS } from './queries/comments.ts'
import { DATABASE_OWNER, NAMES } from './queries/database.ts'
import { queries } from './queries/index.ts'
import type { Row } from './queries/query.ts'
import { withScope } from './queries/scope.ts'
import { selectCanonically } from './session.ts'
import { sortObjects } from './sort.ts'

/** How often a schema may change while it is read before the reading gives up. */
const ATTEMPTS = 3

/** What PostgreSQL says of an object that was dropped since the snapshot was taken. */
const INTERNAL_ERROR = 'XX000'

/**
 * Reads a database's schema as it is, in one REPEATABLE READ transaction (or, inside a caller's, as
 * that one sees it), in one round trip whatever the size. Where another session renames or drops
 * something meanwhile, it reads again. It waits where a view's tables are locked ACCESS EXCLUSIVE:
 * the session's lock_timeout holds.
 *
 * Left out: system and temporary schemas, what belongs to an extension, the schemas named in
 * `exclude` (and settings with such a prefix), what belongs to the server (roles, tablespaces, its
 * settings, the database's own encoding and locale) and what is data (rows, sequence values).
 *
 * @throws CatalogError `CHANGED_WHILE_READ` when it changed three times; else what PostgreSQL says
 * @example
 * const { objects } = await readCatalog(client)
 */
export async function readCatalog(
  client: ClientBase,
  options: { exclude?: string[] } = {},
): Promise<Catalog> {
  let cause: unknown
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      const { catalog, isConsistent } = await readOnce(client, options.exclude ?? [])
      if (isConsistent) return catalog
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

/**
 * A catalog is read as a whole, so one pass over it beats looking up each row; where its statistics
 * are those of an empty database, PostgreSQL would not know.
 */
const PLAN_FOR_ALL = 'set local enable_nestloop = off'

/** Everything in one message; the names again at the end, as they are by then. */
async function readOnce(client: ClientBase, exclude: string[]): Promise<Reading> {
  const names = withScope(NAMES, exclude)
  const selects = [DATABASE_OWNER, COMMENTS, ...queries.map(({ sql }) => sql())]
  const [before = [], after = []] = await selectCanonically(client, [
    [PLAN_FOR_ALL, names, ...selects.map((sql) => withScope(sql, exclude))],
    [names],
  ])
  const [named, owner, comments, ...results] = before.slice(1).map(({ rows }) => rows)
  const context: Context = {
    databaseOwner: owner?.[0]?.owner,
    comments: new Map(comments?.map((comment: Comment) => [addressKey(comment), comment])),
  }
  const objects = queries.flatMap((query, i) =>
    (results[i] ?? []).map((row: Row) => objectFromRow(query, row, context)),
  )
  return {
    catalog: { objects: sortObjects([...objects, ...otherComments(context.comments)]) },
    isConsistent: named?.[0]?.names === after[0]?.rows[0]?.names,
  }
}

type Reading = { catalog: Catalog; isConsistent: boolean }

/** The comments that no object has taken, as objects. */
function otherComments(comments: Comments): CatalogObject[] {
  return [...comments.values()].flatMap(({ identity, comment }) =>
    identity === null
      ? []
      : [{ kind: 'comment', identity: canonicalText(identity), text: comment }],
  )
}
