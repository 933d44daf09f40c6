import type { JobProgress, JsonObject } from '@techfacts/db'
import { sql } from 'kysely'
import { session, type Database } from '../database.ts'
import { prepared } from '../prepared.ts'
import type { Attempt } from './extraction-runs.ts'
import { completeJobWith } from './job-attempts.ts'

/** A source that could not be read, and why. */
export type Unreadable = { readonly source_id: string; readonly reason: string }

/** Sources whose run was kept, and what their runs hold. */
export type Unchanged = {
  readonly sources: number
  readonly extractions: number
  readonly rejected: number
  readonly cut: number
}

export const NONE: Unchanged = { sources: 0, extractions: 0, rejected: 0, cut: 0 }

export function addUnchanged(one: Unchanged, other: Unchanged): Unchanged {
  return {
    sources: one.sources + other.sources,
    extractions: one.extractions + other.extractions,
    rejected: one.rejected + other.rejected,
    cut: one.cut + other.cut,
  }
}

/** Ends an extract job well; its result counts what its runs hold, and those that it kept. @throws SupersededError */
export async function completeExtraction(
  database: Database,
  attempt: Attempt,
  found: {
    readonly skipped: number
    readonly unreadable: readonly Unreadable[]
    readonly unchanged: Unchanged
    readonly progress: JobProgress
  },
): Promise<void> {
  const { skipped, unreadable, unchanged, progress } = found
  const { sources, ...kept } = unchanged
  const counted = { skipped, unreadable: unreadable.slice(0, MOST_UNREADABLE), unchanged: sources }
  // In SQL: what is counted, what the tokens of the model were summed up to, and the end are one statement.
  const result = sql<JsonObject>`(
    select jsonb_build_object('sources', count(*) + ${sources}::int,
      'extractions', coalesce(sum((select count(*) from extractions where run_id = run.id)), 0) + ${kept.extractions}::int,
      'rejected', coalesce(sum(rejected), 0) + ${kept.rejected}::int,
      'cut', coalesce(sum(cut), 0) + ${kept.cut}::int)
    from extraction_runs run where run.job_id = jobs.id and is_current
  ) || ${JSON.stringify(counted)}::jsonb
    || jsonb_strip_nulls(jsonb_build_object('usage', result -> 'usage'))`
  await completeJobWith(prepared(session(database)), attempt, result, progress)
}

/** Enough to see what is wrong; the status of each source says which others. */
const MOST_UNREADABLE = 20
