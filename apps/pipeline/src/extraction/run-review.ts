import { PermanentError } from '../permanent-error.ts'
import { TaskOverrunError } from '../threads/overrun.ts'
import type { Input, Output } from '../threads/tasks.ts'
import type { Threads } from '../threads/pool.ts'
import type { ReadOptions } from './reader.ts'

/**
 * Runs a task that checks facts by the project's schema. A schema can double its cost at each step, and would use up the
 * budget of every chunk. So what used up its budget is tried again without the schema: where that helps, the schema is
 * at fault, and no chunk of the project can be read.
 *
 * @throws TaskOverrunError where the chunk is at fault
 * @throws PermanentError where the schema is
 */
export async function runReview<Name extends 'readByRules' | 'readAnswer'>(
  threads: Threads,
  name: Name,
  input: Input<Name>,
  options: ReadOptions,
): Promise<Output<Name>> {
  try {
    return await threads.run(name, input, options)
  } catch (error) {
    if (!(error instanceof TaskOverrunError)) throw error
    const request = { ...input.request, extractionSchema: {} }
    await threads.run(name, { ...input, request }, options)
    throw new PermanentError(
      `The schema of the project takes too long to check facts by: ${error.message} Make it simpler.`,
      { cause: error },
    )
  }
}
