import type { RouteDependencies } from '../dependencies.ts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { session } from '../database.ts'
import { asAnswer } from '../http/json-text.ts'
import { problemResponses } from '../http/problems.ts'
import { projectParams } from '../schemas/fields.ts'
import { toPage } from '../schemas/page.ts'
import {
  changedProject,
  newProject,
  projectFilter,
  projectSummary,
  projectView,
} from '../schemas/project.ts'
import {
  createProject,
  deleteProject,
  listProjects,
  readProject,
  updateProject,
} from '../services/projects.ts'
import { checkSchemas } from '../services/project-schemas.ts'

const tags = ['projects']

const create = {
  tags,
  operationId: 'createProject',
  summary: 'Create a project',
  body: newProject,
  response: { 201: projectView, ...problemResponses },
}
const list = {
  tags,
  operationId: 'listProjects',
  summary: 'List projects without their schemas, newest first',
  querystring: projectFilter,
  response: { 200: toPage(projectSummary), ...problemResponses },
}
const read = {
  tags,
  operationId: 'readProject',
  summary: 'Read a project',
  params: projectParams,
  response: { 200: projectView, ...problemResponses },
}
const update = {
  tags,
  operationId: 'updateProject',
  summary: 'Replace what a project asks for',
  params: projectParams,
  body: changedProject,
  response: { 200: projectView, ...problemResponses },
}
const remove = {
  tags,
  operationId: 'deleteProject',
  summary: 'Delete a project: it is hidden with all that is in it',
  params: projectParams,
  response: { 204: z.null().describe('It is hidden.'), ...problemResponses },
}

export const projectRoutes: FastifyPluginAsyncZod<RouteDependencies> = async (
  app,
  { database, threads },
) => {
  const demandUsableSchema = checkSchemas(threads)
  app.post('/projects', { schema: create }, async ({ body }, reply) => {
    await demandUsableSchema(body.extraction_schema)
    return reply.code(201).send(asAnswer(await createProject(database, body)))
  })
  app.get('/projects', { schema: list }, async ({ query }) =>
    asAnswer(await listProjects(session(database), query)),
  )
  app.get('/projects/:project_id', { schema: read }, async ({ params }) =>
    asAnswer(await readProject(session(database), params.project_id)),
  )
  app.put('/projects/:project_id', { schema: update }, async ({ params, body }) => {
    await demandUsableSchema(body.extraction_schema)
    return asAnswer(await updateProject(database, params.project_id, body))
  })
  app.delete('/projects/:project_id', { schema: remove }, async ({ params }, reply) => {
    await deleteProject(database, params.project_id)
    return reply.code(204).send(null)
  })
}
