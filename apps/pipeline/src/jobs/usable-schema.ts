import { createHash } from 'node:crypto'
import { PermanentError } from '../permanent-error.ts'
import type { Threads } from '../threads/pool.ts'

/** Schemas that were found usable, by hash: the answer never changes, and most jobs ask about the same few. */
const usable = new Set<string>()
const MOST = 1000

/** @throws PermanentError where a project's schema cannot be used */
export async function demandUsableSchema(
  threads: Threads,
  schema: object,
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash('sha256').update(JSON.stringify(schema)).digest('hex')
  if (usable.has(hash)) return
  const about = 'The schema of the project'
  const problem = await threads.run('findSchemaProblem', { schema }, { signal, about })
  if (problem !== undefined) throw new PermanentError(`${about} cannot be used: ${problem}.`)
  if (usable.size >= MOST) usable.clear()
  usable.add(hash)
}
