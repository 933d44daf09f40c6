import type { ClientBase } from 'pg'
import { isConnectionLost } from './connect.ts'

/** Runs `work` in a transaction of its own: all of it is committed, or nothing. */
export async function inTransaction<T>(
  client: Pick<ClientBase, 'query'>,
  work: () => Promise<T>,
): Promise<T> {
  await client.query('begin')
  try {
    const result = await work()
    await client.query('commit')
    return result
  } catch (error) {
    if (!isConnectionLost(error)) await client.query('rollback')
    throw error
  }
}
