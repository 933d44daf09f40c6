import OpenAI from 'openai'

export type ModelSettings = {
  readonly baseUrl: string
  /** A server of one's own may want none. */
  readonly apiKey: string | undefined
  readonly name: string
  readonly timeoutSeconds: number
  readonly maxRetries: number
}

/**
 * A client of an OpenAI-compatible server. It tries again by itself, after what Retry-After says, where
 * the server is busy, failed, late, or broke off. No variable of the environment changes it.
 */
export function createModelClient(settings: ModelSettings): OpenAI {
  const { baseUrl, apiKey, timeoutSeconds, maxRetries } = settings
  const timeout = timeoutSeconds * 1000
  return new OpenAI({
    baseURL: baseUrl,
    apiKey: apiKey ?? 'none',
    organization: null,
    project: null,
    timeout,
    maxRetries,
    logLevel: 'off', // what it logs has documents in it
    fetch: (url, init) => fetchWhole(url, init, timeout),
  })
}

/** In bytes. The longest answer that the bounds of a chunk let through has half of it. */
const LARGEST_ANSWER = 2 * 1024 * 1024

/**
 * Fetches an answer with its body, so that a server which is late or breaks off in the middle of it is
 * a failed try like any other.
 */
async function fetchWhole(
  url: string | URL | Request,
  init: RequestInit | undefined,
  timeout: number,
): Promise<Response> {
  const late = AbortSignal.timeout(timeout)
  const signal = init?.signal ? AbortSignal.any([init.signal, late]) : late
  const response = await fetch(url, { ...init, signal, redirect: 'error' })
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.byteLength
    if (size > LARGEST_ANSWER) return new Response('', { status: 413 })
    parts.push(part)
  }
  const { status, statusText, headers } = response
  return new Response(Buffer.concat(parts), { status, statusText, headers })
}
