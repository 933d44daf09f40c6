import type { RouteDependencies } from '../dependencies.ts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { session, type Database } from '../database.ts'
import { problemResponses } from '../http/problems.ts'
import { entityFilter, entityView, entityWithMentions } from '../schemas/entity.ts'
import { id, projectParams } from '../schemas/fields.ts'
import { toPage } from '../schemas/page.ts'
import { listEntities, readEntity } from '../services/entities.ts'

const tags = ['entities']

const list = {
  tags,
  operationId: 'listEntities',
  summary: 'List entities by group, type and value',
  params: projectParams,
  querystring: entityFilter,
  response: { 200: toPage(entityView), ...problemResponses },
}
const read = {
  tags,
  operationId: 'readEntity',
  summary: 'Read an entity with the sources that mention it',
  params: projectParams.extend({ entity_id: id }),
  response: { 200: entityWithMentions, ...problemResponses },
}

export const entityRoutes: FastifyPluginAsyncZod<RouteDependencies> = async (
  app,
  { database, search },
) => {
  app.get('/projects/:project_id/entities', { schema: list }, ({ params, query }) => {
    const list = (from: Database) => listEntities(from.em.fork(), params.project_id, query)
    return query.q === undefined ? list(database) : search(list)
  })
  app.get('/projects/:project_id/entities/:entity_id', { schema: read }, ({ params }) =>
    readEntity(database.em.fork(), session(database), params.project_id, params.entity_id),
  )
}
