import { Project } from '@techfacts/db'
import { sql } from 'kysely'
import { z } from 'zod'
import { session, type Database } from '../database.ts'
import { readChunks, type ChunkLimits } from '../extraction/chunks.ts'
import type { ExtractionRequest, Extractor } from '../extraction/extractor.ts'
import { extractRequest } from '../schemas/job.ts'
import { makeCurrent, openRun, storeChunk, type Attempt } from '../services/extraction-runs.ts'
import { completeJob, reportProgress, type StartedJob } from '../services/job-attempts.ts'
import { readProfile } from '../services/profiles.ts'

export type ExtractionSettings = {
  readonly database: Database
  readonly extractor: Extractor
  readonly chunkLimits: ChunkLimits
  readonly confidenceThreshold: number
}

/**
 * Reads the sources of an extract job, one after the other, and goes on where an earlier attempt
 * stopped. No transaction is open while a chunk is read.
 *
 * @throws what makes the attempt fail; SupersededError where another one has begun
 */
export async function extractSources(
  settings: ExtractionSettings,
  { attempt, projectId, payload }: StartedJob,
  signal: AbortSignal,
): Promise<void> {
  const { database } = settings
  if (projectId === null) throw new Error('The project of the job was deleted.')
  const { profile: name, source_ids: ids } = extractRequest.parse(payload)
  const profile = await readProfile(database, name)
  const project = await database.em.fork().findOneOrFail(Project, projectId)
  const request = {
    profile,
    extractionSchema: project.extractionSchema,
    entityTypes: entityTypes.parse(project.entityTypes),
  }

  const total = await countSources(database, projectId, ids)
  let done = 0
  let skipped = 0
  for await (const source of readSources(database, projectId, ids)) {
    if (source.content === null) skipped += 1
    else
      await extractSource(
        settings,
        attempt,
        { ...source, content: source.content },
        request,
        signal,
      )
    done += 1
    await reportProgress(database, attempt, { done, total })
  }
  await completeJob(database, attempt, skipped)
}

const entityTypes = z.array(z.string()).catch([])

async function extractSource(
  settings: ExtractionSettings,
  attempt: Attempt,
  source: Source & { readonly content: string },
  asked: Omit<ExtractionRequest, 'content'>,
  signal: AbortSignal,
): Promise<void> {
  const { database, extractor, chunkLimits, confidenceThreshold } = settings
  const { content } = source
  const run = await openRun(database, attempt, source, {
    profile: asked.profile.name,
    extractor: extractor.name,
    input: [content, asked, chunkLimits, confidenceThreshold, extractor.name],
  })
  if (run.isCurrent) return
  for (const chunk of readChunks(content, chunkLimits).slice(run.chunksDone)) {
    signal.throwIfAborted()
    const facts = await extractor.extract(chunk, { content, ...asked }, signal)
    const own = facts.filter(({ start }) => start >= chunk.bodyStart && start < chunk.end)
    const certain = own.filter(({ confidence }) => confidence >= confidenceThreshold)
    await storeChunk(database, attempt, run, chunk.index, certain)
  }
  await makeCurrent(database, attempt, run, content)
}

type Source = {
  readonly id: string
  readonly projectId: string
  readonly sourceGroup: string
  readonly content: string | null
}

async function countSources(
  database: Database,
  projectId: string,
  ids?: string[],
): Promise<number> {
  const { rows } = await sql<{ total: number }>`
    select count(*)::int as total from sources where ${asked(projectId, ids)}`.execute(
    session(database),
  )
  return rows[0]?.total ?? 0
}

/** One at a time: a document can be a megabyte. */
async function* readSources(database: Database, projectId: string, ids?: string[]) {
  for (let last: string | undefined; ;) {
    const after = last === undefined ? sql`` : sql`and id > ${last}`
    const { rows } = await sql<Source>`
      select id, project_id as "projectId", source_group as "sourceGroup", content from sources
      where ${asked(projectId, ids)} ${after} order by id limit 1`.execute(session(database))
    if (!rows[0]) return
    yield rows[0]
    last = rows[0].id
  }
}

function asked(projectId: string, ids: string[] | undefined) {
  return ids
    ? sql`project_id = ${projectId} and id = any (${ids}::uuid[])`
    : sql`project_id = ${projectId}`
}
