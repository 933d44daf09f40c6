import { Project } from '@techfacts/db'
import { sql } from 'kysely'
import { z } from 'zod'
import { session, type Database } from '../database.ts'
import { DomainError } from '../errors.ts'
import { UnreadableError } from '../extraction/reader.ts'
import { PermanentError } from '../permanent-error.ts'
import { extractRequest } from '../schemas/job.ts'
import { completeExtraction, type Unreadable } from '../services/extraction-results.ts'
import { markUnreadable, type Attempt } from '../services/extraction-runs.ts'
import { reportProgress, type StartedJob } from '../services/job-attempts.ts'
import { readProfile } from '../services/profiles.ts'
import { extractSource, type ExtractionOrder, type ExtractionSettings } from './extract-source.ts'

/**
 * Reads the sources of an extract job, one after the other, and goes on where an earlier attempt
 * stopped. No transaction is open while a chunk is read. A source that cannot be read at all is marked
 * and left out, so that the others are not lost with it.
 *
 * @throws what makes the attempt fail; SupersededError where another one has begun
 */
export async function extractSources(
  settings: ExtractionSettings,
  { attempt, projectId, payload }: StartedJob,
  signal: AbortSignal,
): Promise<void> {
  const { database } = settings
  const { profile, source_ids: ids } = extractRequest.parse(payload)
  const order = await readOrder(settings, projectId, profile, signal)
  const asked = selectSources(database, order.projectId, ids)
  const { total } = await asked
    .select(sql<number>`count(*)::int`.as('total'))
    .executeTakeFirstOrThrow()
  let done = 0
  let skipped = 0
  const unreadable: Unreadable[] = []
  for await (const { content, ...source } of readSources(database, order.projectId, ids)) {
    if (content === null) skipped += 1
    else {
      const reason = await tryToExtract(settings, attempt, { ...source, content }, order, signal)
      if (reason !== undefined) unreadable.push({ source_id: source.id, reason })
    }
    done += 1
    await reportProgress(database, attempt, { done, total })
  }
  await completeExtraction(database, attempt, { skipped, unreadable })
}

/** @throws PermanentError where the project or its schema cannot be used */
async function readOrder(
  { database, threads }: ExtractionSettings,
  projectId: string | null,
  profile: string,
  signal: AbortSignal,
): Promise<ExtractionOrder> {
  const project = projectId && (await database.em.fork().findOne(Project, projectId))
  if (!project) throw new DomainError('project_not_found')
  const { id, extractionSchema, schemaVersion } = project
  const about = 'The schema of the project'
  const check = { schema: extractionSchema }
  const problem = await threads.run('findSchemaProblem', check, { signal, about })
  if (problem !== undefined) throw new PermanentError(`${about} cannot be used: ${problem}.`)
  return {
    projectId: id,
    schemaVersion,
    profile: await readProfile(database, profile),
    extractionSchema,
    entityTypes: entityTypes.parse(project.entityTypes),
  }
}

const entityTypes = z.array(z.string()).catch([])

/** Why the source cannot be read; undefined where it was. */
async function tryToExtract(
  settings: ExtractionSettings,
  attempt: Attempt,
  source: Parameters<typeof extractSource>[2],
  order: ExtractionOrder,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await extractSource(settings, attempt, source, order, signal)
    return undefined
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error
    await markUnreadable(settings.database, attempt, source.id)
    return error.message
  }
}

/** One at a time: a document can be a megabyte. */
async function* readSources(database: Database, projectId: string, ids?: readonly string[]) {
  for (let last: string | undefined; ;) {
    const after = last
    const source = await selectSources(database, projectId, ids)
      .select(['id', 'project_id as projectId', 'source_group as sourceGroup', 'content'])
      .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
      .orderBy('id')
      .limit(1)
      .executeTakeFirst()
    if (!source) return
    yield source
    last = source.id
  }
}

function selectSources(database: Database, projectId: string, ids?: readonly string[]) {
  return session(database)
    .selectFrom('sources')
    .where('project_id', '=', projectId)
    .$if(ids !== undefined, (query) => query.where('id', 'in', ids ?? []))
}
