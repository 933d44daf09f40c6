import type { JobType } from '@techfacts/db'
import { PermanentError } from '../permanent-error.ts'
import type { StartedJob } from '../services/job-attempts.ts'
import type { ExtractionSettings } from './extract-source.ts'
import { extractSources } from './extract-sources.ts'
import { fetchSource, type FetchSettings } from './fetch-source.ts'
import { createTurns } from './await-turn.ts'
import { importLegacy } from './import-legacy.ts'
import { writeReport } from './write-report.ts'

/**
 * Does a job and marks it completed. It goes on where an earlier attempt stopped, and ends soon after
 * `signal`.
 */
export type JobWork = (started: StartedJob, signal: AbortSignal) => Promise<void>
export type JobWorks = Readonly<Record<JobType, JobWork>>

/** The work of each type of job. */
export function jobWorks(
  settings: ExtractionSettings & Omit<FetchSettings, 'awaitTurn'>,
): JobWorks {
  const { database, fetchLimits } = settings
  const awaitTurn = createTurns(database, fetchLimits)
  return {
    extract: (started, signal) => extractSources(settings, started, signal),
    fetch: (started, signal) => fetchSource({ ...settings, awaitTurn }, started, signal),
    report: (started, signal) => writeReport(database, started, signal),
    'legacy-import': (started, signal) => importLegacy(database, started, signal),
    scrape: refuseType,
  }
}

/** Jobs of the first release that nothing does any more. */
async function refuseType({ type }: StartedJob): Promise<void> {
  throw new PermanentError(`This release does no jobs of the type ${type}.`)
}
