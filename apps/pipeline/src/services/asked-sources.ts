import { sql } from 'kysely'
import { session, type Database, type Session } from '../database.ts'
import { prepared } from '../prepared.ts'

/** What an extract job is asked to read: all sources of its project, or some of them. */
export type AskedSources = {
  readonly jobId: string
  readonly projectId: string
  readonly ids: readonly string[] | undefined
  readonly profile: string
}

export type AskedSource = NonNullable<Awaited<ReturnType<typeof readNext>>>

/** The sources, one at a time, since a document can be a megabyte. */
export async function* readSources(database: Database, asked: AskedSources) {
  for (let last: string | undefined; ;) {
    const source = await readNext(prepared(session(database)), asked, last)
    if (!source) return
    yield source
    if (source.isLast) return
    last = source.id
  }
}

/** The source after `last`, with the run that holds for it and the one that the job has begun. */
function readNext(session: Session, asked: AskedSources, last: string | undefined) {
  const sources = selectAsked(session, asked)
  return selectNext(session, asked, last)
    .select(['source.id', 'project_id as projectId', 'source_group as sourceGroup'])
    .select([
      'content',
      'status',
      'run.input_hash as runHash',
      'run.job_id as runJobId',
      'run.rejected',
      'run.cut',
      'own.id as ownId',
      'own.input_hash as ownHash',
      'own.chunks_done as chunksDone',
      'own.is_current as isDone',
    ])
    .select((eb) => [
      sql<string>`md5(content)`.as('md5'),
      eb
        .selectFrom('extractions')
        .select(sql<number>`count(*)::int`.as('count'))
        .whereRef('extractions.run_id', '=', 'run.id')
        .as('extractions'),
      eb.not(eb.exists(sources.select('id').where('id', '>', eb.ref('source.id')))).as('isLast'),
    ])
    .$if(last === undefined, (query) =>
      query.select(sources.select(sql<number>`count(*)::int`.as('count')).as('total')),
    )
    .executeTakeFirst()
}

function selectNext(session: Session, asked: AskedSources, last: string | undefined) {
  const next = selectAsked(session, asked)
    .select(['id', 'project_id', 'source_group', 'content', 'status'])
    .$if(last !== undefined, (query) => query.where('id', '>', last ?? ''))
    .orderBy('id')
    .limit(1)
  return session
    .selectFrom(next.as('source'))
    .leftJoin('extraction_runs as run', (join) =>
      join
        .onRef('run.source_id', '=', 'source.id')
        .on('run.profile_used', '=', asked.profile)
        .on('run.is_current', '=', true)
        .on('run.is_stale', '=', false),
    )
    .leftJoin('extraction_runs as own', (join) =>
      join.onRef('own.source_id', '=', 'source.id').on('own.job_id', '=', asked.jobId),
    )
}

function selectAsked(session: Session, { projectId, ids }: AskedSources) {
  return session
    .selectFrom('sources')
    .where('project_id', '=', projectId)
    .$if(ids !== undefined, (query) => query.where(sql<boolean>`id = any(${ids}::uuid[])`))
}
