import type { Dependencies } from '../dependencies.ts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { session } from '../database.ts'
import { asAnswer } from '../http/json-text.ts'
import { problemResponses } from '../http/problems.ts'
import { id, projectParams } from '../schemas/fields.ts'
import { toPage, pageRequest } from '../schemas/page.ts'
import { newSource, sourceView, sourceWithContent } from '../schemas/source.ts'
import { listSources, putSource, readSource } from '../services/sources.ts'

const tags = ['sources']

const answer = (description: string) => ({
  description,
  content: { 'application/json': { schema: sourceView } },
})

/** In bytes: the longest content, a million characters, with the escapes that JSON may need. */
const LARGEST_DOCUMENT = 8 * 1024 * 1024

const put = {
  tags,
  operationId: 'putSource',
  summary: 'Add a source, or replace the one of this URI',
  params: projectParams,
  body: newSource,
  response: {
    200: answer('It was there, and has this text now.'),
    201: answer('It is new.'),
    ...problemResponses,
  },
}
const list = {
  tags,
  operationId: 'listSources',
  summary: 'List sources without their content, newest first',
  params: projectParams,
  querystring: pageRequest,
  response: { 200: toPage(sourceView), ...problemResponses },
}
const read = {
  tags,
  operationId: 'readSource',
  summary: 'Read a source with its content',
  params: projectParams.extend({ source_id: id }),
  response: { 200: sourceWithContent, ...problemResponses },
}

export const sourceRoutes: FastifyPluginAsyncZod<Dependencies> = async (app, { database }) => {
  const options = { schema: put, bodyLimit: LARGEST_DOCUMENT }
  app.post('/projects/:project_id/sources', options, async ({ params, body }, reply) => {
    const { source, isNew } = await putSource(database, params.project_id, body)
    return reply.code(isNew ? 201 : 200).send(source)
  })
  app.get('/projects/:project_id/sources', { schema: list }, async ({ params, query }) =>
    asAnswer(await listSources(session(database), params.project_id, query)),
  )
  app.get('/projects/:project_id/sources/:source_id', { schema: read }, async ({ params }) =>
    asAnswer(await readSource(session(database), params.project_id, params.source_id)),
  )
}
