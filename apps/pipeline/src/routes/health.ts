import type { Dependencies } from '../dependencies.ts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { revision } from '@techfacts/db'
import { Problem, problemResponse } from '../http/problems.ts'

const open = { tags: ['health'], security: [] }

const alive = {
  ...open,
  operationId: 'isAlive',
  summary: 'Check that the process is alive',
  response: { 200: z.object({ status: z.literal('alive') }) },
}
const ready = {
  ...open,
  operationId: 'isReady',
  summary: 'Check that the database fits this build',
  response: {
    200: z.object({ status: z.literal('ready'), revision: z.string() }),
    503: problemResponse,
  },
}

/** Without a limit: whoever restarts processes is always answered. Logged only on failure. */
const quiet = { config: { isUnlimited: true }, logLevel: 'warn' } as const

/** For whoever starts, restarts and routes to this process: without a key. */
export const healthRoutes: FastifyPluginAsyncZod<Dependencies> = async (app, { readiness }) => {
  app.get('/healthz', { ...quiet, schema: alive }, () => ({ status: 'alive' as const }))
  app.get('/readyz', { ...quiet, schema: ready }, () => {
    const now = readiness()
    if (!now.ready) throw new Problem('database_not_ready', now.reason)
    return { status: 'ready' as const, revision }
  })
}
