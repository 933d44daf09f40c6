import { Report, type Tables } from '@techfacts/db'
import { sql } from 'kysely'
import { inTransaction, type Database, type Session } from '../database.ts'
import { PermanentError } from '../permanent-error.ts'
import { renderReport } from '../reports/render-report.ts'
import { reportRequest, type ReportRequest } from '../schemas/job.ts'
import { selectCurrent, selectFacts, viewExtractions } from '../services/extractions.ts'
import { completeJobWith, type StartedJob } from '../services/job-attempts.ts'
import { readProject } from '../services/projects.ts'

/** The most facts that a report shows; all are counted. */
const MOST_FACTS = 5000

/**
 * Writes the report of a report job. Its row is made in the transaction that ends the job, so a job
 * makes one report, however often it is tried.
 *
 * @throws PermanentError, DomainError project_not_found, SupersededError
 */
export async function writeReport(
  database: Database,
  { attempt, projectId, payload }: StartedJob,
  signal: AbortSignal,
): Promise<void> {
  if (projectId === null) throw new PermanentError('The project of the job was deleted.')
  const asked = reportRequest.parse(payload)
  const { name, facts, total } = await inTransaction(database, async (session) => {
    // The count is of the same moment as the facts.
    await sql`set transaction isolation level repeatable read, read only`.execute(session)
    const { name } = (await readProject(session, projectId)).parse()
    const facts = await readFacts(session, projectId, asked)
    return { name, facts, total: await countFacts(session, projectId, asked) }
  })
  signal.throwIfAborted()
  const title = asked.title ?? `${name}: ${asked.type}`
  await database.em.fork().transactional(async (em) => {
    const report = em.create(Report, {
      project: projectId,
      type: asked.type,
      title,
      content: renderReport({ title, facts, total }),
      sourceGroups: asked.source_groups ?? [...new Set(facts.map(({ group }) => group))],
      categories: asked.categories ?? [...new Set(facts.map(({ type }) => type))],
      extractionIds: facts.map(({ id }) => id),
      metadata: { job_id: attempt.jobId, min_confidence: asked.min_confidence ?? null },
    })
    await em.flush()
    const result = { report_id: report.id, extractions: total }
    await completeJobWith(em.getKysely<Tables>(), attempt, result)
  })
}

/** The facts that hold now, in an order that is the same in every database. */
function selectReported(session: Session, projectId: string, asked: ReportRequest) {
  const { source_groups: groups, categories, min_confidence: least } = asked
  const found = selectFacts(session, projectId, { min_confidence: least })
  const current = viewExtractions(session, selectCurrent(session, found)).select('ordinal')
  let facts = session
    .selectFrom(current.as('e'))
    .innerJoin('sources as s', 's.id', 'e.source_id')
    .where('e.stale', '=', false)
  if (groups) facts = facts.where('e.source_group', 'in', groups)
  if (categories) facts = facts.where('e.extraction_type', 'in', categories)
  return facts
}

async function readFacts(session: Session, projectId: string, asked: ReportRequest) {
  const rows = await selectReported(session, projectId, asked)
    .select(['e.id', 'e.source_group as group', 'e.extraction_type as type', 'e.data'])
    .select(['e.quote', 'e.confidence', 's.uri', 's.title'])
    .orderBy(sql`e.source_group collate "C"`)
    .orderBy(sql`e.extraction_type collate "C"`)
    .orderBy(sql`s.uri collate "C"`)
    .orderBy('e.chunk_index')
    .orderBy('e.ordinal')
    .orderBy('e.id')
    .limit(MOST_FACTS)
    .execute()
  return rows.map(({ uri, title, ...fact }) => ({ ...fact, source: { uri, title } }))
}

async function countFacts(session: Session, projectId: string, asked: ReportRequest) {
  const { total } = await selectReported(session, projectId, asked)
    .select(({ fn }) => fn.countAll<string>().as('total'))
    .executeTakeFirstOrThrow()
  return Number(total)
}
