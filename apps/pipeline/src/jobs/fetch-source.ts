import type { Tables } from '@techfacts/db'
import type { Dispatcher } from 'undici'
import { z } from 'zod'
import type { Database } from '../database.ts'
import { mediaTypeOf } from '../documents/read-document.ts'
import { fetchDocument, type FetchedDocument } from '../fetching/fetch-document.ts'
import { PermanentError } from '../permanent-error.ts'
import { fetchRequest, type FetchRequest } from '../schemas/job.ts'
import { completeJobWith, type StartedJob } from '../services/job-attempts.ts'
import type { DomainLimits } from '../services/rate-limits.ts'
import { putInTransaction } from '../services/sources.ts'
import type { Threads } from '../threads/pool.ts'
import type { createTurns } from './await-turn.ts'

export type FetchSettings = {
  readonly database: Database
  readonly dispatcher: Dispatcher
  readonly fetchLimits: DomainLimits & { readonly timeoutSeconds: number }
  readonly threads: Threads
  readonly awaitTurn: ReturnType<typeof createTurns>
}

/** The most that a source holds, as it does when its text is posted. */
const MOST_CHARACTERS = 1_000_000

/**
 * Fetches the document of a fetch job and puts its text into the project, in one transaction with the
 * end of the job. No transaction is open while the server answers.
 *
 * @throws PermanentError, Postponed, SupersededError
 */
export async function fetchSource(
  settings: FetchSettings,
  { attempt, projectId, payload, resume }: StartedJob,
  signal: AbortSignal,
): Promise<void> {
  if (projectId === null) throw new PermanentError('The project of the job was deleted.')
  const asked = fetchRequest.parse(payload)
  const start = { url: asked.url, redirects: 0 }
  const fetched = await fetchDocument(hop.catch(start).parse(resume), {
    dispatcher: settings.dispatcher,
    signal,
    timeoutMilliseconds: settings.fetchLimits.timeoutSeconds * 1000,
    beforeRequest: settings.awaitTurn,
  })
  const { title, text } = await readText(settings.threads, fetched, signal)
  await settings.database.em.fork().transactional(async (em) => {
    const put = toSource(asked, fetched, title, text)
    const { source } = await putInTransaction(em, projectId, put)
    const { contentType, bytes, url } = fetched
    await completeJobWith(em.getKysely<Tables>(), attempt, {
      source_id: source.id,
      url,
      content_type: mediaTypeOf(contentType),
      bytes: bytes.byteLength,
    })
  })
}

/** Where a job that was postponed goes on: at a redirect, so that what led there is not fetched again. */
const hop = z.object({ url: z.string(), redirects: z.int() })

async function readText(
  threads: Threads,
  { url, contentType, bytes }: FetchedDocument,
  signal: AbortSignal,
) {
  const read = await threads.run('read', { contentType, bytes }, { signal, about: url })
  if ('refusal' in read) throw new PermanentError(read.refusal)
  if (read.text === '') throw new PermanentError('The document has no text.')
  if (read.text.length > MOST_CHARACTERS)
    throw new PermanentError(`The document has more than ${MOST_CHARACTERS} characters of text.`)
  return read
}

function toSource(
  asked: FetchRequest,
  { contentType }: FetchedDocument,
  found: string | undefined,
  content: string,
) {
  const title = asked.title ?? found?.slice(0, 1000)
  return {
    uri: asked.url,
    source_group: asked.source_group,
    ...(title !== undefined && { title }),
    content,
    source_type: mediaTypeOf(contentType) === 'application/pdf' ? 'pdf' : 'web',
  } as const
}
