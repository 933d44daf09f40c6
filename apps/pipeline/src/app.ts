import type { Dependencies } from './dependencies.ts'
import fastify, { type FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { authenticate, findKey } from './http/authenticate.ts'
import { serveDocumentation } from './http/documentation.ts'
import { isFailure, sendError, sendProblem } from './http/errors.ts'
import { passJsonText } from './http/json-text.ts'
import { limitRates } from './http/limit-rates.ts'
import { serveMetrics } from './http/metrics.ts'
import { parseJson } from './http/parse-json.ts'
import { Problem } from './http/problems.ts'
import { secureHeaders } from './http/secure-headers.ts'
import { refuseUnstorable } from './http/storable.ts'
import { entityRoutes } from './routes/entities.ts'
import { extractionRoutes } from './routes/extractions.ts'
import { consoleRoutes } from './routes/console.ts'
import { healthRoutes } from './routes/health.ts'
import { jobEventRoutes } from './routes/job-events.ts'
import { jobRoutes } from './routes/jobs.ts'
import { profileRoutes } from './routes/profiles.ts'
import { projectRoutes } from './routes/projects.ts'
import { reportRoutes } from './routes/reports.ts'
import { schemaRoutes } from './routes/schema.ts'
import { sourceRoutes } from './routes/sources.ts'
import { limitSearches } from './searches.ts'
import { REQUEST_BUDGET } from './threads/overrun.ts'
import { createThreads } from './threads/pool.ts'

/** Wires the HTTP API; nothing listens yet. */
export async function buildApp(dependencies: Dependencies): Promise<FastifyInstance> {
  const { apiKeys, rateLimits, readiness, lookAgain, log, database } = dependencies
  const app = fastify({
    loggerInstance: log,
    ...SLOWEST_CLIENT,
    bodyLimit: LARGEST_BODY,
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
    genReqId: () => crypto.randomUUID(),
  })
  const keyOf = findKey(apiKeys)
  answerErrors(app, lookAgain)
  speakJson(app)
  await secureHeaders(app)
  serveMetrics(app, dependencies)
  if (rateLimits) await limitRates(app, keyOf, rateLimits)
  app.addHook('onRequest', async (request) => {
    if (request.is404) throw new Problem('route_not_found') // before a body is read for it
  })
  await serveDocumentation(app)
  await app.register(healthRoutes, dependencies)
  await app.register(consoleRoutes)
  await app.register(
    async (api) => {
      api.addHook('onRequest', authenticate(keyOf))
      await api.register(schemaRoutes, dependencies) // before the next hook: it says why the others are refused
      api.addHook('onRequest', async () => {
        const now = readiness()
        if (!now.ready) throw new Problem('database_not_ready', now.reason)
      })
      api.addHook('preValidation', refuseUnstorable)
      const threads = createThreads({ count: 1, budget: REQUEST_BUDGET })
      const { search, close } = limitSearches(database)
      api.addHook('onClose', () => Promise.all([threads.close(), close()]))
      const own = { ...dependencies, search, threads }
      for (const routes of API_ROUTES) await api.register(routes, own)
    },
    { prefix: '/api/v1' },
  )
  return app
}

function speakJson(app: FastifyInstance): void {
  parseJson(app)
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(passJsonText(serializerCompiler))
}

function answerErrors(app: FastifyInstance, lookAgain: Dependencies['lookAgain']): void {
  app.setErrorHandler(async (error, request, reply) => {
    // A newer build may have taken something away since the last look: that is no failure of this request.
    const now = isFailure(error) ? await lookAgain() : undefined
    const cause = now && !now.ready ? new Problem('database_not_ready', now.reason) : error
    return sendError(cause, request, reply)
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(new Problem('route_not_found'), request, reply),
  )
}

/** A client that is slower is ended, and its connection freed. */
const SLOWEST_CLIENT = {
  /** In which a request must be there, with its body. */
  requestTimeout: 60_000,
  /** Without a byte in either direction. */
  connectionTimeout: 120_000,
  http: { headersTimeout: 15_000, connectionsCheckingInterval: 5000 },
} as const

/** In bytes: the largest schema, with the escapes that JSON may need. Documents have their own. */
const LARGEST_BODY = 1024 * 1024

const API_ROUTES = [
  projectRoutes,
  profileRoutes,
  sourceRoutes,
  jobRoutes,
  jobEventRoutes,
  extractionRoutes,
  entityRoutes,
  reportRoutes,
]
