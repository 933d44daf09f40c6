import { sql } from 'kysely'
import { inTransaction, type Database, type Session } from '../database.ts'
import { PermanentError } from '../permanent-error.ts'
import { completeJobWith, holdAttempt, type StartedJob } from '../services/job-attempts.ts'

/** Pages that are copied, with their facts, in one transaction. */
const BATCH = 200

type Counts = { readonly pages: number; readonly sources: number; readonly extractions: number }
/** What is done, kept in the job's result: `after` is the last page of it. */
type Position = Counts & { readonly after: string | null }

const START: Position = { pages: 0, sources: 0, extractions: 0, after: null }

/**
 * Copies the pages of the first release to sources and their facts to extractions, batch by batch. A
 * batch is stored together with its counts and the place where the next one begins, so that an attempt
 * goes on exactly where the one before it was killed. What is there already is left as it is.
 *
 * @throws PermanentError, SupersededError
 */
export async function importLegacy(
  database: Database,
  { attempt, projectId }: StartedJob,
  signal: AbortSignal,
): Promise<void> {
  if (projectId === null) throw new PermanentError('The project of the job was deleted.')
  for (let isDone = false; !isDone;) {
    signal.throwIfAborted()
    isDone = await inTransaction(database, async (session) => {
      const kept = (await holdAttempt(session, attempt)) as Position | null
      const position = kept ?? START
      const pages = await readPages(session, position.after)
      const last = pages.at(-1)
      if (last === undefined) {
        const { after: _, ...counts } = position
        await completeJobWith(session, attempt, counts)
        return true
      }
      const done = add(position, await copyPages(session, projectId, pages))
      await keepPosition(session, attempt.jobId, { ...done, after: last })
      return false
    })
  }
}

async function readPages(session: Session, after: string | null): Promise<string[]> {
  let pages = session.selectFrom('pages').select('id').orderBy('id').limit(BATCH)
  if (after !== null) pages = pages.where('id', '>', after)
  return (await pages.execute()).map(({ id }) => id)
}

/** In SQL: what was copied never leaves the database. */
async function copyPages(session: Session, projectId: string, pages: string[]): Promise<Counts> {
  const sources = await sql`
    insert into sources (project_id, source_type, uri, source_group, title, content, metadata, status, fetched_at)
    select ${projectId}::uuid, 'web', url, company, title, markdown_content,
      jsonb_build_object('legacy_page_id', id, 'legacy_metadata', metadata),
      case when markdown_content is null then 'pending' else 'ready' end, scraped_at
    from pages where id = any (${pages}::uuid[]) order by id
    on conflict (project_id, md5(uri)) do nothing`.execute(session)
  // An id made of the project and the fact: copied again, it is the same row.
  const extractions = await sql`
    insert into extractions (id, project_id, source_id, data, extraction_type, source_group, confidence,
      profile_used, embedding_id, extracted_at)
    select md5(${projectId}::text || fact.id::text)::uuid, source.project_id, source.id,
      jsonb_build_object('fact', fact.fact_text, 'legacy_metadata', fact.metadata), fact.category,
      source.source_group, fact.confidence, fact.profile_used, fact.embedding_id, fact.extracted_at
    from facts fact
    join pages page on page.id = fact.page_id
    join sources source on source.project_id = ${projectId}::uuid and md5(source.uri) = md5(page.url)
      and source.uri = page.url
    where page.id = any (${pages}::uuid[])
    on conflict (id) do nothing`.execute(session)
  return {
    pages: pages.length,
    sources: Number(sources.numAffectedRows ?? 0),
    extractions: Number(extractions.numAffectedRows ?? 0),
  }
}

async function keepPosition(session: Session, jobId: string, position: Position): Promise<void> {
  await sql`update jobs set result = ${JSON.stringify(position)}::jsonb,
      progress = jsonb_build_object('done', ${position.pages}::int, 'total', (select count(*) from pages))
    where id = ${jobId}`.execute(session)
}

function add(one: Counts, two: Counts): Counts {
  return {
    pages: one.pages + two.pages,
    sources: one.sources + two.sources,
    extractions: one.extractions + two.extractions,
  }
}
