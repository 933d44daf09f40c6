import type { ClientBase } from 'pg'
import { extensionOf } from '../errors/extension-types.ts'
import type { Migration } from '../migration.ts'
import { listStatements } from '../plan/progress.ts'
import { readName } from '../sql/names.ts'
import { nodesIn } from '../sql/nodes.ts'
import { parseSql } from '../sql/parse.ts'
import type { Node } from '@pgsql/types'

/** By migration: which extension it needs that is not there, in words that follow its name. `pending` in their order. */
export async function findMissingExtensions(
  client: ClientBase,
  pending: readonly Migration[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ name: string; made: boolean }>(
    'select name, installed_version is not null as made from pg_available_extensions',
  )
  const there = new Set(rows.map(({ name }) => name))
  const made = new Set(rows.flatMap((one) => (one.made ? [one.name] : [])))
  const missing = new Map<string, string>()
  for (const { name: migration, up } of pending) {
    for (const { sql } of listStatements(up)) {
      for (const { node } of await parseSql(sql).catch(() => [])) {
        const says = describe(node, there, made)
        if (says !== undefined && !missing.has(migration)) missing.set(migration, says)
      }
    }
  }
  return missing
}

function describe(node: Node, there: ReadonlySet<string>, made: Set<string>): string | undefined {
  if ('CreateExtensionStmt' in node) {
    const { extname = '' } = node.CreateExtensionStmt
    made.add(extname)
    return there.has(extname)
      ? undefined
      : `makes the extension ${extname}, which this server does not have: install it there first`
  }
  const types = nodesIn(node, 'typeName').map(({ names }) =>
    readName({ List: { items: (names ?? []) as Node[] } }),
  )
  for (const { name } of types) {
    const extension = extensionOf(name)
    if (extension !== undefined && !made.has(extension))
      return `needs the type ${name} of the extension ${extension}, which this database does not have and no migration before it makes`
  }
  return undefined
}
