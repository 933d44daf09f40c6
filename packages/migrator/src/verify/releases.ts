import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import {
  findReleaseBreaks,
  playRelease,
  sampleRows,
  type Answer,
  type ReleaseBreak,
  type Samples,
} from './play-release.ts'
import type { RecordedRelease } from '../releases/recorded-release.ts'
import type { Migration, Phase } from '../migration.ts'
import { playQueries, type QueryAnswer } from './play-queries.ts'
import { findQueriesAhead, findQueryBreaks, findUnproved, type QueryBreak } from './query-breaks.ts'
import type { Fault, Unproved } from './report.ts'

/** The two releases that meet while a migration is deployed. */
export interface Releases {
  /** The one that is running. */
  readonly previous: RecordedRelease
  /** What the entities of today send. */
  readonly next: RecordedRelease
  /** Names of the migrations that the previous release was built with. */
  readonly known: ReadonlySet<string>
}

/** What a release sends to a schema, and what it answers. */
export interface Answers {
  readonly samples: Samples
  readonly answers: readonly Answer[]
  readonly queries: readonly QueryAnswer[]
}

/**
 * Sends what the release sends that a migration of this phase must leave as it is, with the rows of the time before;
 * nothing of it stays.
 */
export async function askRelease(
  copy: DatabaseTarget,
  phase: Phase,
  { previous, next }: Releases,
  before?: Answers,
): Promise<Answers> {
  const release = phase === 'contract' ? next : previous
  return withConnection(copy, async (client) => {
    const samples = before?.samples ?? (await sampleRows(client, release))
    const answers = await playRelease(client, release, samples)
    const queries = await playQueries(client, release.queries ?? [], before?.queries)
    return { samples, answers, queries }
  })
}

/**
 * An expand step leaves the previous release as it was. A contract step comes when that one has gone, so the next release has
 * to work without it.
 */
export function judgeReleases(
  phase: Phase,
  { previous, next }: Releases,
  before: Answers,
  after: Answers,
): Fault[] {
  if (phase === 'contract')
    return [
      ...findReleaseBreaks(after.answers, before.answers).map((one) => describe(next, one)),
      ...findQueriesAhead(next, before.queries, after.queries),
    ].map((broken) => ({
      ...broken,
      step: 'up',
      cause: 'next-release',
      said: `contract: it comes last, when ${next.name} has run without it for a while`,
      advice: 'Move what the next release needs into an expand step before it.',
    }))
  return [
    ...findReleaseBreaks(before.answers, after.answers).map((one) => describe(previous, one)),
    ...findQueryBreaks(previous, before.queries, after.queries),
  ].map((broken) => ({
    ...broken,
    step: 'up',
    cause: 'previous-release',
    said: `expand: release ${previous.name} works on beside it`,
    advice:
      'Write it in two steps: what both releases can work with now, and what takes away as a contract step when the previous one has gone.',
  }))
}

/**
 * The queries of the previous release that could not be tried: they were refused before. A migration that this release was
 * built with comes before them, so nothing is expected of it.
 */
export function listUntried(
  { name, phase }: Migration,
  { previous, known }: Releases,
  before: Answers,
): Unproved[] {
  if (phase === 'contract' || known.has(name)) return []
  return findUnproved(previous, before.queries)
}

function describe({ name }: RecordedRelease, broken: ReleaseBreak): QueryBreak {
  const { entity, property, sql, refusal } = broken
  return {
    object: property === undefined ? entity : `${entity}.${property}`,
    happened: `${name} sends: ${sql}. PostgreSQL refuses it (${refusal.sqlstate}): ${refusal.message}`,
  }
}
