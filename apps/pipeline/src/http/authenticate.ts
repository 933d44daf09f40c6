import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Problem } from './problems.ts'

/**
 * Makes the question which of the keys a request has; -1 for none. Hashes are compared, all of them, so
 * that the time tells neither how much of a key was right nor how long it is.
 */
export function findKey(keys: readonly string[]) {
  const hashes = keys.map(hash)
  return (request: FastifyRequest): number => {
    const given = hash(String(request.headers['x-api-key'] ?? ''))
    return hashes.map((known) => timingSafeEqual(known, given)).indexOf(true)
  }
}

/** Makes the hook that lets requests with one of the keys pass. It runs before a body is read. */
export function authenticate(keys: readonly string[]) {
  const keyOf = findKey(keys)
  return async (request: FastifyRequest): Promise<void> => {
    if (keyOf(request) === -1) throw new Problem('unauthorized')
  }
}

function hash(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
