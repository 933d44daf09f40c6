import type { FastifyRequest } from 'fastify'
import { type FieldError, Problem } from './problems.ts'

/**
 * Refuses what JSON can say and PostgreSQL cannot store: U+0000 and lone surrogates in text, numbers
 * that are not finite, nesting without bound. Runs before validation, over everything that was sent.
 */
export async function refuseUnstorable(request: FastifyRequest): Promise<void> {
  for (const [context, value] of Object.entries({
    body: request.body,
    params: request.params,
    querystring: request.query,
  })) {
    const found = findUnstorable(value, context)
    if (found) {
      const detail = `${found.path}: ${found.message}`
      throw new Problem('invalid_request', detail, [found])
    }
  }
}

const DEEPEST = 64

function findUnstorable(value: unknown, path: string, depth = 0): FieldError | undefined {
  if (depth > DEEPEST) return { path, message: `is nested deeper than ${DEEPEST} levels` }
  if (typeof value === 'string') return findInText(value, path)
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return { path, message: 'is a number out of range' }
  }
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const found = findInText(key, path) ?? findUnstorable(inner, `${path}/${key}`, depth + 1)
    if (found) return found
  }
  return undefined
}

function findInText(text: string, path: string): FieldError | undefined {
  if (text.includes('\u0000')) return { path, message: 'contains the character U+0000' }
  if (!text.isWellFormed()) return { path, message: 'contains half of a surrogate pair' }
  return undefined
}
