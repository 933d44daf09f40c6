import { randomBytes } from 'node:crypto'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { quoteName } from '../sql/quote-name.ts'
import { withCleanup } from './cleanup.ts'

/** Lends a server on which databases may be made. */
export type WithScratch = <T>(work: (scratch: DatabaseTarget) => Promise<T>) => Promise<T>

/**
 * Lends `work` a database on the server of `scratch`, and drops it afterwards: an empty one, or a copy of `template`, to
 * which nobody may be connected. Where a signal ends the process, `cleanUpAll` drops it. A server that waits for no disk
 * copies the files of the template, in a fifth of the time; any other one would have to write two checkpoints for that.
 */
export async function withScratchDatabase<T>(
  scratch: DatabaseTarget,
  work: (database: DatabaseTarget) => Promise<T>,
  template?: DatabaseTarget,
): Promise<T> {
  const name = `migrator_scratch_${randomBytes(6).toString('hex')}`
  const source = template ? nameOf(template.database) : 'template0'
  const created = withConnection(scratch, async (client) => {
    const { rows } = await client.query<{ fsync: string }>(
      `select current_setting('fsync') as fsync`,
    )
    const strategy = rows[0]?.fsync === 'off' ? ' strategy file_copy' : ''
    await client.query(
      `create database ${quoteName(name)} template ${quoteName(source)}${strategy}`,
    )
  })
  const drop = async () => {
    // Until then there is nothing to drop, and afterwards it would stay.
    await created.catch(() => {})
    await withConnection(scratch, async (client) =>
      client.query(`drop database if exists ${quoteName(name)} with (force)`),
    )
  }
  return withCleanup(drop, async () => {
    await created
    const database = withName(scratch.database, name)
    return work({ ...scratch, database, isThrowAway: true, onEvent: () => {} })
  })
}

function withName(database: DatabaseTarget['database'], name: string): DatabaseTarget['database'] {
  if (typeof database !== 'string') return { ...database, database: name }
  const url = new URL(database)
  url.pathname = `/${name}`
  return url.href
}

function nameOf(database: DatabaseTarget['database']): string {
  if (typeof database !== 'string') return database.database ?? ''
  return decodeURIComponent(new URL(database).pathname.slice(1))
}
