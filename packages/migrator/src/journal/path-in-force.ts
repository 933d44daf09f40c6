import type { ClientBase } from 'pg'
import type { Statement } from '../migration.ts'
import { asAuthor, asMigrator, settingsOfAuthor } from '../session/author.ts'
import { isConnectionLost } from '../session/connect.ts'
import { inRolledBackTransaction } from '../session/transaction.ts'
import { refusePreferred } from './search-path.ts'

/*
 * A migration may set a search path of its own, as may what it calls. On each new one is looked again, before the next
 * statement of the author's: where the text says what is set before the run begins, otherwise as soon as it is in force.
 */

/** The paths on which nothing was found, by session. */
const known = new WeakMap<ClientBase, Set<string>>()

type Setting = Pick<Statement, 'sql' | 'isSet' | 'setsLocally'>

/**
 * Looks at the paths that the statements of migrations set, each migration from where it begins; a setting that cannot be
 * made yet is left to the run. Nothing stays set. Throws PATH_UNTRUSTED.
 */
export async function refusePathsSet(
  client: ClientBase,
  migrations: readonly (readonly Setting[])[],
): Promise<void> {
  for (const statements of migrations) {
    const settings = statements.filter(({ isSet, setsLocally }) => isSet || setsLocally === true)
    if (!settings.some(({ sql }) => changesPath(sql))) continue
    const paths: string[][] = []
    const setAll = async () => {
      for (const { sql } of settings) {
        await client.query(sql)
        paths.push(await readPath(client))
      }
    }
    await inRolledBackTransaction(client, () => asAuthor(client, setAll)).catch(
      (error: unknown) => {
        if (isConnectionLost(error)) throw error
      },
    )
    for (const path of paths) await refuseUnlessKnown(client, path)
  }
}

/** Where a migration goes on, on a path that it set before. On the author's side. Throws PATH_UNTRUSTED. */
export async function refusePathSetBefore(client: ClientBase): Promise<void> {
  if (PATH_SETTINGS.some((name) => name in settingsOfAuthor(client))) await refuseNewPath(client)
}

/** After what may have set another path, on the author's side. Throws PATH_UNTRUSTED. */
export async function refuseNewPath(client: ClientBase): Promise<void> {
  const path = await readPath(client)
  if (!isKnown(client, path)) await asMigrator(client, () => refuseUnlessKnown(client, path))
}

/** True where a text may set another path, as far as it tells; `"$user"` is another schema for another role. */
export function changesPath(sql: string): boolean {
  return /search_path|set_config|schema|role|authorization|\b(?:reset|discard)\b|(?:^|;)\s*(?:do|call)\b/i.test(
    sql,
  )
}

const PATH_SETTINGS = ['search_path', 'role', 'session_authorization']

async function refuseUnlessKnown(client: ClientBase, path: readonly string[]): Promise<void> {
  if (isKnown(client, path)) return
  await refusePreferred(client, path)
  known.set(client, (known.get(client) ?? new Set()).add(JSON.stringify(path)))
}

function isKnown(client: ClientBase, path: readonly string[]): boolean {
  return known.get(client)?.has(JSON.stringify(path)) ?? false
}

/** The path is the author's, so every name is qualified. */
async function readPath(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ path: string[] }>(
    'select pg_catalog.current_schemas(false)::pg_catalog.text[] as path',
  )
  return rows[0]?.path ?? []
}
