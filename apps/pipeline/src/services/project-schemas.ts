import { DomainError } from '../errors.ts'
import { TaskOverrunError } from '../threads/overrun.ts'
import type { Threads } from '../threads/pool.ts'

/** @throws DomainError unusable_schema, with one line that says what is wrong */
export async function demandUsableSchema(
  threads: Threads,
  schema: object | undefined,
): Promise<void> {
  if (!schema) return // it comes from a template
  const about = 'The schema'
  const { signal } = new AbortController()
  const problem = await threads
    .run('findSchemaProblem', { schema }, { signal, about })
    .catch((error: unknown) => {
      if (error instanceof TaskOverrunError) return error.message
      throw error
    })
  if (problem !== undefined)
    throw new DomainError('unusable_schema', `extraction_schema: ${problem}`)
}
