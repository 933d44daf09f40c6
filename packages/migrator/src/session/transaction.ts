import type { ClientBase } from 'pg'
import { isConnectionLost } from './connect.ts'

type Querying = Pick<ClientBase, 'query'>

/** Runs `work` in a transaction of its own: all of it is committed, or nothing. */
export async function inTransaction<T>(client: Querying, work: () => Promise<T>): Promise<T> {
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

/**
 * Runs `work` in a transaction that is rolled back at its end, whatever happens: to look, or to try something.
 * `begin` opens it.
 */
export async function inRolledBackTransaction<T>(
  client: Querying,
  work: () => Promise<T>,
  begin = 'begin',
): Promise<T> {
  try {
    await client.query(begin)
    return await work()
  } finally {
    // On a lost connection there is nothing to roll back, and the error of `work` is the one that counts.
    await client.query('rollback').catch(() => {})
  }
}
