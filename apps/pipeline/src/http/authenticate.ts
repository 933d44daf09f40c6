import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Problem } from './problems.ts'

/** Which of the keys a request has; -1 for none. */
export type FindKey = (request: FastifyRequest) => number

/**
 * Makes the question which of the keys a request has. Hashes are compared, all of them, so that the time tells neither how much of
 * a key was right nor how long it is. It is answered once for each request: whoever counts requests and whoever lets them pass ask.
 */
export function findKey(keys: readonly string[]): FindKey {
  const hashes = keys.map(hash)
  const found = new WeakMap<FastifyRequest, number>()
  return (request) => {
    const known = found.get(request)
    if (known !== undefined) return known
    const given = hash(String(request.headers['x-api-key'] ?? ''))
    const index = hashes.map((one) => timingSafeEqual(one, given)).indexOf(true)
    found.set(request, index)
    return index
  }
}

/** Makes the hook that lets requests with one of the keys pass. It runs before a body is read. */
export function authenticate(keyOf: FindKey) {
  return async (request: FastifyRequest): Promise<void> => {
    if (keyOf(request) === -1) throw new Problem('unauthorized')
  }
}

function hash(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
