import type { Settings } from '../env.ts'
import type { Threads } from '../threads/pool.ts'
import type { Reader } from './reader.ts'
import { createRulesReader } from './rules-reader.ts'

/** The model that is configured, or else the rules. */
export async function chooseReader(
  { model }: Pick<Settings, 'model'>,
  threads: Threads,
): Promise<Reader> {
  if (!model) return createRulesReader(threads)
  // The client of the model is large, and most installations have none.
  const { createModelReader } = await import('./model/model-reader.ts')
  return createModelReader(model, threads)
}
