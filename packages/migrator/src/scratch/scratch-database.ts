import { randomBytes } from 'node:crypto'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { quoteName } from '../sql/quote-name.ts'

/**
 * Lends `work` a database on the server of `scratch`, and drops it afterwards: an empty one, or a copy of `template`, to
 * which nobody may be connected.
 */
export async function withScratchDatabase<T>(
  scratch: DatabaseTarget,
  work: (database: DatabaseTarget) => Promise<T>,
  template?: DatabaseTarget,
): Promise<T> {
  const name = `migrator_scratch_${randomBytes(6).toString('hex')}`
  const execute = (sql: string) => withConnection(scratch, async (client) => client.query(sql))
  await execute(
    `create database ${quoteName(name)} template ${quoteName(template ? nameOf(template.database) : 'template0')}`,
  )
  try {
    const database = withName(scratch.database, name)
    return await work({ ...scratch, database, isThrowAway: true, onEvent: () => {} })
  } finally {
    await execute(`drop database if exists ${quoteName(name)} with (force)`)
  }
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
