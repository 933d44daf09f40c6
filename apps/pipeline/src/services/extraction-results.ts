import { sql } from 'kysely'
import { inTransaction, type Database, type Session } from '../database.ts'
import type { Attempt } from './extraction-runs.ts'
import { completeJobWith } from './job-attempts.ts'

/** A source that could not be read, and why. */
export type Unreadable = { readonly source_id: string; readonly reason: string }

/** Ends an extract job well; its result counts what its runs hold. @throws SupersededError */
export function completeExtraction(
  database: Database,
  attempt: Attempt,
  { skipped, unreadable }: { readonly skipped: number; readonly unreadable: readonly Unreadable[] },
): Promise<void> {
  return inTransaction(database, async (session) => {
    const counts = await countRuns(session, attempt.jobId)
    const usage = await readUsage(session, attempt.jobId)
    await completeJobWith(session, attempt, {
      ...counts,
      skipped,
      unreadable: unreadable.slice(0, MOST_UNREADABLE),
      ...(usage && { usage }),
    })
  })
}

/** Enough to see what is wrong; the status of each source says which others. */
const MOST_UNREADABLE = 20

async function countRuns(session: Session, jobId: string) {
  const runs = session
    .selectFrom('extraction_runs')
    .select((eb) => [
      eb.cast<number>(eb.fn.countAll(), 'integer').as('sources'),
      eb.cast<number>(eb.fn.coalesce(eb.fn.sum('rejected'), eb.lit(0)), 'integer').as('rejected'),
      eb.cast<number>(eb.fn.coalesce(eb.fn.sum('cut'), eb.lit(0)), 'integer').as('cut'),
    ])
    .where((eb) => eb.and({ job_id: jobId, is_current: true }))
  const extractions = session
    .selectFrom('extractions as e')
    .innerJoin('extraction_runs as r', 'r.id', 'e.run_id')
    .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('extractions'))
    .where((eb) => eb.and({ 'r.job_id': jobId, 'r.is_current': true }))
  return {
    ...(await runs.executeTakeFirstOrThrow()),
    ...(await extractions.executeTakeFirstOrThrow()),
  }
}

/** What the tokens of the model were summed up to. */
async function readUsage(session: Session, jobId: string) {
  const { usage } = await session
    .selectFrom('jobs')
    .select((eb) => sql<Record<string, number> | null>`${eb.ref('result')} -> 'usage'`.as('usage'))
    .where('id', '=', jobId)
    .executeTakeFirstOrThrow()
  return usage
}
