import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { failure } from '../errors/index.ts'
import { messageFrom } from '../errors/message-from.ts'
import { asAuthor } from '../session/author.ts'
import { sqlState, withConnection } from '../session/connect.ts'
import { inTransaction } from '../session/transaction.ts'
import type { Stage } from './stage.ts'

/** Rows of the project's own, in the folder of its migrations. */
const FILE = 'tests/fixtures.sql'

/** What they name may not be there before a later migration. */
const NOT_YET = new Set(['42P01', '42703', '3F000', '42704'])

/**
 * Puts the project's own rows in, whole. `not loaded`: what they need is not there yet.
 * Throws SQL_UNREADABLE.
 */
export async function loadFixtures({
  folder,
  main,
}: Pick<Stage, 'folder' | 'main'>): Promise<'none' | 'loaded' | 'not loaded'> {
  const path = join(folder, FILE)
  const sql = await readFile(path, 'utf8').catch(() => undefined)
  if (sql === undefined) return 'none'
  try {
    await withConnection(main, (client) =>
      inTransaction(client, () => asAuthor(client, () => client.query(sql))),
    )
    return 'loaded'
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    if (NOT_YET.has(sqlState(cause) ?? '')) return 'not loaded'
    const reason = messageFrom(error).replace(/\.$/, '')
    throw failure('SQL_UNREADABLE', { path, reason }, error)
  }
}
