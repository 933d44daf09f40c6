import { printQuery, type Query } from '../text/query.ts'
import { NO_KEY, readRefusal, Refusal } from './refusal.ts'

/** The API of the origin that the console comes from, with a key that is in memory only. */
export type Api = ReturnType<typeof openApi>

/** What an `Api` tells the page besides its answers. */
export type Listener = {
  /** The key is no longer one. */
  readonly onUnauthorized?: () => void
  /** Whether there was an answer at all. */
  readonly onAnswered?: (isAnswered: boolean) => void
}

/** Throws a Refusal for every answer that is not a success. */
export function openApi(key: string, { onUnauthorized, onAnswered }: Listener = {}) {
  const send = async (path: string, init: Request = {}): Promise<Response> => {
    const headers = { 'x-api-key': key, ...init.headers }
    if (!isHeaderValue(key)) throw new Refusal(NO_KEY, 'unauthorized')
    const response = await fetch(`/api/v1${path}`, { ...init, headers, cache: 'no-store' }).catch(
      (error: unknown) => {
        if (error instanceof TypeError) onAnswered?.(false) // and not because the view was left
        throw error
      },
    )
    onAnswered?.(true)
    if (response.ok) return response
    if (response.status === 401) onUnauthorized?.()
    throw await readRefusal(response)
  }
  return {
    async get<Answer>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Answer> {
      const response = await send(`${path}${printQuery(query)}`, signal ? { signal } : {})
      return (await response.json()) as Answer
    },
    async post<Answer>(path: string, body?: unknown): Promise<Answer> {
      const content = { 'content-type': 'application/json' }
      const init = body === undefined ? {} : { headers: content, body: JSON.stringify(body) }
      const response = await send(path, { method: 'POST', ...init })
      return (await response.json()) as Answer
    },
    async remove(path: string): Promise<void> {
      await send(path, { method: 'DELETE' })
    },
    /** The body of a stream of events, as text. */
    async stream(path: string, signal: AbortSignal): Promise<ReadableStream<string>> {
      const response = await send(path, { signal, headers: { accept: 'text/event-stream' } })
      if (!response.body) throw new TypeError('no body')
      return response.body.pipeThrough(new TextDecoderStream())
    },
  }
}

type Request = Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> }

/** What a browser can send as a header: it throws for anything else, as it does where nobody answers. */
const isHeaderValue = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)
