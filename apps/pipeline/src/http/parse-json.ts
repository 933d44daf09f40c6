import type { FastifyInstance } from 'fastify'
import { Problem } from './problems.ts'

/**
 * What a body may hold. A megabyte of `[],` is quickly sent, and takes seconds to parse and validate; nothing else
 * is answered meanwhile. A schema of the largest size has a third of it.
 */
const MOST_VALUES = 20_000

/**
 * Parses bodies as Fastify does by itself, but counts their values before. Many clients name JSON in each request: where no
 * body follows, as to cancel or to delete, there is nothing to parse.
 */
export function parseJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    (request, body, done) => {
      if (body === '') return done(null)
      if (!hasMoreValues(body, MOST_VALUES)) return parse(request, body, done)
      return done(
        new Problem('invalid_request', `The body has more than ${MOST_VALUES} values in it.`),
      )
    },
  )
}

/** Each value but the first follows a comma or opens what it is in. */
function hasMoreValues(text: string, most: number): boolean {
  let values = 1
  for (let at = 0; at < text.length && values <= most; at += 1) {
    const character = text.charCodeAt(at)
    if (character === QUOTE) at = endOfString(text, at)
    else if (character === COMMA || character === BRACE || character === BRACKET) values += 1
  }
  return values > most
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charCodeAt(at)
    if (character === QUOTE) return at
    if (character === BACKSLASH) at += 1
  }
  return text.length
}

const [QUOTE, COMMA, BRACE, BRACKET, BACKSLASH] = [0x22, 0x2c, 0x7b, 0x5b, 0x5c] as const
