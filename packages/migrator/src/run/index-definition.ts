import { inRolledBackTransaction } from '../session/transaction.ts'
import type pg from 'pg'
import { isSameIndex, readIndex } from '../catalog/index.ts'
import { deparseSql, parseSql } from '../sql/parse.ts'
import { asAuthor } from '../session/author.ts'

const CLONE = 'migrator_clone'
const INDEX_OF_CLONE = 'migrator_clone_index'

/**
 * True where an index, by its name and its table's oid, is what `createIndex` would make now.
 *
 * PostgreSQL itself is asked: the statement is run, as the author's, on an empty clone of the table, in a
 * transaction that is rolled back, and both are compared as the catalog holds them.
 */
export async function isBuiltAs(
  client: pg.Client,
  { name, table }: { readonly name: string; readonly table: string | null },
  createIndex: string,
): Promise<boolean> {
  const [parsed] = await parseSql(createIndex)
  if (!parsed || !('IndexStmt' in parsed.node) || table === null) return false
  const onClone = {
    ...parsed.node.IndexStmt,
    idxname: INDEX_OF_CLONE,
    concurrent: false,
    if_not_exists: false,
    relation: { schemaname: 'pg_temp', relname: CLONE, inh: true, relpersistence: 'p' },
  }
  const build = await deparseSql([{ IndexStmt: onClone }])
  return inRolledBackTransaction(client, async () => {
    // Under the migrator's path the table is qualified.
    const { rows } = await client.query<{ clone: string }>(
      `select format('create temporary table ${CLONE} (like %s)', $1::oid::regclass) as clone`,
      [table],
    )
    await asAuthor(client, async () => {
      await client.query(rows[0]?.clone ?? '')
      await client.query(build)
    })
    const wanted = await readIndex(client, `pg_temp.${INDEX_OF_CLONE}`)
    const found = await readIndex(client, name)
    return wanted !== undefined && found !== undefined && isSameIndex(wanted, found)
  })
}
