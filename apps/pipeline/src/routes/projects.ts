import type { Dependencies } from '../dependencies.ts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { session } from '../database.ts'
import { problemResponses } from '../http/problems.ts'
import { projectParams } from '../schemas/fields.ts'
import { toPage, pageRequest } from '../schemas/page.ts'
import { newProject, projectView } from '../schemas/project.ts'
import { createProject, listProjects, readProject } from '../services/projects.ts'

const tags = ['projects']

const create = {
  tags,
  summary: 'Create a project',
  body: newProject,
  response: { 201: projectView, ...problemResponses },
}
const list = {
  tags,
  summary: 'List projects, newest first',
  querystring: pageRequest,
  response: { 200: toPage(projectView), ...problemResponses },
}
const read = {
  tags,
  summary: 'Read a project',
  params: projectParams,
  response: { 200: projectView, ...problemResponses },
}

export const projectRoutes: FastifyPluginAsyncZod<Dependencies> = async (app, { database }) => {
  app.post('/projects', { schema: create }, async ({ body }, reply) =>
    reply.code(201).send(await createProject(database, body)),
  )
  app.get('/projects', { schema: list }, ({ query }) => listProjects(session(database), query))
  app.get('/projects/:project_id', { schema: read }, ({ params }) =>
    readProject(session(database), params.project_id),
  )
}
