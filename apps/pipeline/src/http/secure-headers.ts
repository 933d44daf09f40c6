import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'

/** Whoever ends TLS decides on strict transport security: it would hold for all names below its own. */
const OPTIONS = { strictTransportSecurity: false } as const

/** Answers are data: a browser runs and loads nothing for them, and no page frames them. Pages say what they need. */
export async function secureHeaders(app: FastifyInstance): Promise<void> {
  const none = ["'none'"]
  const directives = { defaultSrc: none, baseUri: none, formAction: none, frameAncestors: none }
  await app.register(helmet, {
    ...OPTIONS,
    contentSecurityPolicy: { useDefaults: false, directives },
  })
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
}
