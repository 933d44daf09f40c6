import type pg from 'pg'
import type { CodeSession } from '../migration.ts'
import { isConnectionLost, isRetried } from './connect.ts'

/**
 * Lends `work` a session for code. An ORM wraps what PostgreSQL says into errors of its own: where the last
 * query found a lock taken or the connection lost, that error is thrown, and not what became of it.
 */
export async function lendToCode<T>(
  client: Pick<pg.ClientBase, 'query'>,
  work: (session: CodeSession) => Promise<T>,
): Promise<T> {
  let refusal: unknown
  const query: CodeSession['query'] = async (sql, values) => {
    try {
      const result = await client.query(sql, values && [...values])
      refusal = undefined
      return result
    } catch (error) {
      refusal = error
      throw error
    }
  }
  try {
    return await work({ query })
  } catch (error) {
    throw isRetried(refusal) || isConnectionLost(refusal) ? refusal : error
  }
}
