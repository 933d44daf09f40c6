import { randomBytes } from 'node:crypto'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { quoteName } from '../sql/quote-name.ts'
import { withCleanup } from './cleanup.ts'

/**
 * Lends `work` a database on the server of `scratch`, and drops it afterwards: an empty one, or a copy of `template`, to
 * which nobody may be connected. Where a signal ends the process, `cleanUpAll` drops it.
 */
export async function withScratchDatabase<T>(
  scratch: DatabaseTarget,
  work: (database: DatabaseTarget) => Promise<T>,
  template?: DatabaseTarget,
): Promise<T> {
  const name = `migrator_scratch_${randomBytes(6).toString('hex')}`
  const execute = (sql: string) => withConnection(scratch, async (client) => client.query(sql))
  const created = execute(
    `create database ${quoteName(name)} template ${quoteName(template ? nameOf(template.database) : 'template0')}`,
  )
  const drop = async () => {
    // Until then there is nothing to drop, and afterwards it would stay.
    await created.catch(() => {})
    await execute(`drop database if exists ${quoteName(name)} with (force)`)
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
