import type { RouteDependencies } from '../dependencies.ts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { session, type Database } from '../database.ts'
import { asAnswer } from '../http/json-text.ts'
import { problemResponses } from '../http/problems.ts'
import { extractionFilter, extractionView } from '../schemas/extraction.ts'
import { projectParams } from '../schemas/fields.ts'
import { toPage } from '../schemas/page.ts'
import { listExtractions } from '../services/extractions.ts'

const list = {
  tags: ['extractions'],
  operationId: 'listExtractions',
  summary: 'List extractions, oldest first',
  params: projectParams,
  querystring: extractionFilter,
  response: { 200: toPage(extractionView), ...problemResponses },
}

export const extractionRoutes: FastifyPluginAsyncZod<RouteDependencies> = async (
  app,
  { database, search },
) => {
  app.get('/projects/:project_id/extractions', { schema: list }, async ({ params, query }) => {
    const list = (from: Database) => listExtractions(session(from), params.project_id, query)
    return asAnswer(await (query.q === undefined ? list(database) : search(list)))
  })
}
