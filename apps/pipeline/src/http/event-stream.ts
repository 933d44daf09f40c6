import { Readable } from 'node:stream'

/** A proxy closes a connection that is silent for longer; the server notices a client that is gone. */
const KEEP_ALIVE_MS = 15_000

/** How long a client that reads slowly has for the end. */
const END_MS = 1000

/**
 * Server-sent events of which the newest counts: what a slow client has not taken is replaced by what comes next, so that
 * it holds one event of memory.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function openEventStream() {
  let next: string | undefined
  let isWanted = false
  let isEnded = false
  const flush = () => {
    if (!isWanted || (next === undefined && !isEnded)) return
    isWanted = false
    stream.push(next ?? null)
    next = undefined
  }
  const stream = new Readable({
    read() {
      isWanted = true
      flush()
    },
  })
  const put = (text: string) => {
    if (isEnded || stream.destroyed) return
    next = text
    flush()
  }
  const timer = setInterval(() => {
    if (next === undefined) put(': still here\n\n')
  }, KEEP_ALIVE_MS)
  stream.once('close', () => clearInterval(timer))
  return {
    stream,
    send: (event: string, data: unknown) =>
      put(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    /** Ends it after what was sent last. */
    end() {
      isEnded = true
      flush()
      setTimeout(() => stream.destroy(), END_MS).unref()
    },
  }
}
export type EventStream = ReturnType<typeof openEventStream>
