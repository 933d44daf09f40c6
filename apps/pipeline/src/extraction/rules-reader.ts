import type { Threads } from '../threads/pool.ts'
import type { Reader } from './reader.ts'
import { runReview } from './run-review.ts'
import { rulesExtractor } from './rules/rules-extractor.ts'

/** Reads by the rules, in threads. */
export function createRulesReader(threads: Threads): Reader {
  return {
    name: rulesExtractor.name,
    read: (asked, options) => runReview(threads, 'readByRules', asked, options),
    readTogether: (asked, options) => threads.run('readSmallByRules', asked, options),
  }
}
