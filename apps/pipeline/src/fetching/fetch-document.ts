import { fetch, type Dispatcher, type Response } from 'undici'
import { isReadable, mediaTypeOf, type RawDocument } from '../documents/read-document.ts'
import { PermanentError } from '../permanent-error.ts'
import { parseTarget, RefusedAddressError } from './targets.ts'

const MOST_REDIRECTS = 5
/** Of a document after it was decompressed. */
const MOST_BYTES = 10 * 1024 * 1024

export type FetchedDocument = RawDocument & { readonly url: string }

/** A request for a document, and how many redirects led to it. */
export type Hop = { readonly url: string; readonly redirects: number }

/**
 * Fetches a document. `beforeRequest` is awaited before each request, also of a redirect; what it throws ends the fetch,
 * which can go on from that hop later.
 *
 * @throws PermanentError where no later attempt can do better
 * @throws what a later attempt may mend: the server fails, is slow, or cannot be reached
 */
export async function fetchDocument(
  from: Hop,
  options: {
    readonly dispatcher: Dispatcher
    readonly signal: AbortSignal
    /** The longest that one request may take, with its document. */
    readonly timeoutMilliseconds: number
    readonly beforeRequest: (url: URL, redirects: number) => Promise<void>
  },
): Promise<FetchedDocument> {
  let url = parseTarget(from.url)
  for (let { redirects } = from; redirects <= MOST_REDIRECTS; redirects += 1) {
    await options.beforeRequest(url, redirects)
    const late = AbortSignal.timeout(options.timeoutMilliseconds)
    const response = await request(url, options.dispatcher, AbortSignal.any([options.signal, late]))
    const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null
    if (location === null) return readResponse(response, url)
    await response.body?.cancel()
    url = parseTarget(location, url)
  }
  throw new PermanentError(`There are more than ${MOST_REDIRECTS} redirects.`)
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])

async function request(url: URL, dispatcher: Dispatcher, signal: AbortSignal): Promise<Response> {
  try {
    const headers = { accept: ACCEPTED, 'user-agent': 'techfacts-pipeline' }
    return await fetch(url, { dispatcher, signal, redirect: 'manual', headers })
  } catch (error) {
    // fetch says only that it failed; the cause says why.
    const cause = error instanceof Error ? error.cause : undefined
    if (cause instanceof RefusedAddressError) throw cause
    signal.throwIfAborted()
    throw new Error(`${url.host} could not be reached: ${describe(cause ?? error)}.`, {
      cause: error,
    })
  }
}

const ACCEPTED = 'text/markdown, text/html, text/plain;q=0.9, application/pdf;q=0.8'

async function readResponse(response: Response, url: URL): Promise<FetchedDocument> {
  const contentType = response.headers.get('content-type') ?? ''
  const failure = failureOf(response, url) ?? refuseType(contentType)
  if (failure) {
    await response.body?.cancel()
    throw failure
  }
  return { url: url.href, contentType, bytes: await readBytes(response) }
}

function failureOf({ status, ok }: Response, url: URL): Error | undefined {
  if (ok) return undefined
  const message = `${url.host} answered ${status}.`
  const isTemporary = status >= 500 || status === 408 || status === 425 || status === 429
  return isTemporary ? new Error(message) : new PermanentError(message)
}

function refuseType(contentType: string): Error | undefined {
  if (isReadable(contentType)) return undefined
  const type = mediaTypeOf(contentType).slice(0, 100)
  return new PermanentError(`Documents of the type ${type || 'that is not said'} are not read.`)
}

async function readBytes(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > MOST_BYTES)
      throw new PermanentError(`The document has more than ${MOST_BYTES} bytes.`)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || ((error as { code?: string }).code ?? error.name)
}
