import { escapeLiteral, type ClientBase } from 'pg'
import { tokenize } from './token-tree.ts'
import { objectFromRow } from './from-row.ts'
import type { ObjectOf } from './model.ts'
import { indexes, indexesWhere } from './queries/indexes.ts'
import type { Row } from './queries/query.ts'
import { selectCanonically } from './session.ts'

/**
 * Reads one index as {@link readCatalog} would, in one round trip: is it there, what is it, is it
 * `invalid` or `notReady`? Its comment is not read.
 *
 * @param identity qualified by its schema (`pg_temp` too), quoted where SQL needs it
 */
export async function readIndex(
  client: ClientBase,
  identity: string,
): Promise<ObjectOf<'index'> | undefined> {
  const sql = indexesWhere(`c.oid = to_regclass(${escapeLiteral(identity)})`)
  const [[result] = []] = await selectCanonically(client, [[sql]])
  const row: Row | undefined = result?.rows[0]
  if (!row) return undefined
  const context = { databaseOwner: '', comments: new Map() }
  const object = objectFromRow(indexes, { ...row, acl: null }, context)
  return object.kind === 'index' ? object : undefined
}

/**
 * Whether two indexes would answer the same: method, elements, predicate, INCLUDE, uniqueness and
 * storage parameters. Their names, tables, schemas, tablespaces and states do not count, so that an
 * index can be held against the one that its statement makes on an empty clone of the table.
 */
export function isSameIndex(a: ObjectOf<'index'>, b: ObjectOf<'index'>): boolean {
  return describeDefinition(a) === describeDefinition(b)
}

function describeDefinition(index: ObjectOf<'index'>): string {
  const { method, unique, nullsNotDistinct, elements, include, predicate, options } = index
  return JSON.stringify([
    method,
    unique,
    nullsNotDistinct,
    elements.map(withoutTableName),
    include,
    predicate && withoutTableName(predicate),
    options,
  ])
}

/** The one place where the table is named is a reference to the whole row, `jobs.*`. */
function withoutTableName(expression: string): string {
  const tokens = tokenize(expression)
  return tokens.filter((_, i) => !(tokens[i + 1] === '.' && tokens[i + 2] === '*')).join('')
}
