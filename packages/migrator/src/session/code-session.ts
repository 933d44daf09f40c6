import type pg from 'pg'
import type { CodeSession } from '../migration.ts'
import { refuseNul } from '../sql/nul.ts'
import { isConnectionLost, isRetried, sqlState } from './connect.ts'

/**
 * Lends `work` a session for code. An ORM wraps what PostgreSQL says into errors of its own, and code may catch
 * it: where the last query found a lock taken or the connection lost, that error is thrown, and not what became
 * of it. A transaction that has failed can do nothing more; then the error says by which query.
 */
export async function lendToCode<T>(
  client: Pick<pg.ClientBase, 'query'>,
  work: (session: CodeSession) => Promise<T>,
): Promise<T> {
  /** What PostgreSQL refused since the last query that went well. */
  let refusal: unknown
  const query: CodeSession['query'] = async (sql, values) => {
    try {
      refuseNul(textOf(sql), 'A query of its code')
      const result = await client.query(sql, values && [...values])
      refusal = undefined
      return result
    } catch (error) {
      if (!isAborted(error) || refusal === undefined) refusal = error
      throw isAborted(error) ? abortedBy(refusal) : error
    }
  }
  let result: T
  try {
    result = await work({ query })
  } catch (error) {
    throw isRetried(refusal) || isConnectionLost(refusal) ? refusal : error
  }
  if (refusal === undefined) return result
  if (isRetried(refusal) || isConnectionLost(refusal)) throw refusal
  await client.query('select').catch((error: unknown) => {
    throw isAborted(error) ? abortedBy(refusal) : error
  })
  return result
}

/** The second form of pg's Client is used by an adapter that has parsers of its own. */
function textOf(sql: string | { readonly text: string }): string {
  return typeof sql === 'string' ? sql : sql.text
}

function isAborted(error: unknown): boolean {
  return sqlState(error) === '25P02'
}

function abortedBy(refusal: unknown): Error {
  const reason = refusal instanceof Error ? refusal.message : String(refusal)
  return new Error(
    `one of its queries failed (${reason}), and its code went on; a transaction can do nothing after that. To go on after an error, run the query that may fail in a nested transaction (a savepoint)`,
    { cause: refusal },
  )
}
