import { DomainError } from '../errors.ts'
import { TaskOverrunError } from '../threads/overrun.ts'
import type { Threads } from '../threads/pool.ts'

/** Schemas that are tried out or wait for it, one after the other: each may use up its budget, and its client waits. */
const AT_MOST = 5

/**
 * Makes the check that a project can use a schema. It
 *
 * @throws DomainError unusable_schema, with one line that says what is wrong; schema_busy
 */
export function checkSchemas(threads: Threads) {
  let asked = 0
  return async (schema: object | undefined): Promise<void> => {
    if (!schema) return // it comes from a template
    if (asked >= AT_MOST) throw new DomainError('schema_busy')
    asked += 1
    const problem = await findProblem(threads, schema).finally(() => (asked -= 1))
    if (problem !== undefined)
      throw new DomainError('unusable_schema', `extraction_schema: ${problem}`)
  }
}

async function findProblem(threads: Threads, schema: object): Promise<string | undefined> {
  const { signal } = new AbortController()
  try {
    return await threads.run('findSchemaProblem', { schema }, { signal, about: 'The schema' })
  } catch (error) {
    if (error instanceof TaskOverrunError) return error.message
    throw error
  }
}
