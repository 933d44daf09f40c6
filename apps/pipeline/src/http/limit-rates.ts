import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import type { FindKey } from './authenticate.ts'
import { Problem } from './problems.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    isUnlimited?: true
  }
}

/** Requests in a minute that this process answers; 0 for any number. */
export type RateLimits = {
  /** From one key. */
  readonly perKey: number
  /** From one address without a key that is right: pages, and guesses. */
  readonly perAddress: number
}

/**
 * Limits how often a key, or an address without one, is answered; also for what is not there. Behind a proxy, all that has no key shares one address.
 */
export async function limitRates(
  app: FastifyInstance,
  keyOf: FindKey,
  { perKey, perAddress }: RateLimits,
): Promise<void> {
  await app.register(rateLimit, { global: false, cache: 10_000 })
  const count = app.createRateLimit({
    timeWindow: 60_000,
    keyGenerator: (request) => {
      const key = keyOf(request)
      return key === -1 ? `address ${request.ip}` : `key ${key}`
    },
    max: (_, caller) => (caller.startsWith('key ') ? perKey : perAddress) || Infinity,
  })
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.isUnlimited) return
    const seen = await count(request)
    if (seen.isAllowed || !seen.isExceeded) return
    reply.header('retry-after', seen.ttlInSeconds)
    throw new Problem('too_many_requests')
  })
}
