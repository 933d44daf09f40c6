import type { Dependencies } from '../dependencies.ts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { session } from '../database.ts'
import { problemResponses } from '../http/problems.ts'
import { schemaView } from '../schemas/schema-state.ts'
import { readSchemaState } from '../services/schema-state.ts'

const read = {
  tags: ['schema'],
  operationId: 'readSchema',
  summary: 'Read the state and the history of the schema',
  response: { 200: schemaView, ...problemResponses },
}

export const schemaRoutes: FastifyPluginAsyncZod<Dependencies> = async (app, { database }) => {
  app.get('/schema', { schema: read }, () => readSchemaState(session(database)))
}
