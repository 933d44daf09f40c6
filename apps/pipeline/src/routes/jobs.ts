import type { Dependencies } from '../dependencies.ts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { session } from '../database.ts'
import { problemResponses } from '../http/problems.ts'
import { id, projectParams } from '../schemas/fields.ts'
import { extractRequest, jobFilter, jobView } from '../schemas/job.ts'
import { toPage } from '../schemas/page.ts'
import { createExtractJob, listJobs, readJob } from '../services/jobs.ts'

const tags = ['jobs']

const extract = {
  tags,
  operationId: 'extract',
  summary: 'Extract facts from sources with a profile',
  params: projectParams,
  body: extractRequest,
  response: { 202: z.object({ job_id: id }), ...problemResponses },
}
const list = {
  tags,
  operationId: 'listJobs',
  summary: 'List jobs, newest first',
  querystring: jobFilter,
  response: { 200: toPage(jobView), ...problemResponses },
}
const read = {
  tags,
  operationId: 'readJob',
  summary: 'Read a job',
  params: z.strictObject({ job_id: id }),
  response: { 200: jobView, ...problemResponses },
}

export const jobRoutes: FastifyPluginAsyncZod<Dependencies> = async (app, dependencies) => {
  const { database, queue, jobMaxAttempts: maxAttempts } = dependencies
  app.post(
    '/projects/:project_id/extract',
    { schema: extract },
    async ({ params, body }, reply) => {
      const asked = { ...body, projectId: params.project_id, maxAttempts }
      return reply.code(202).send({ job_id: await createExtractJob(database, queue, asked) })
    },
  )
  app.get('/jobs', { schema: list }, ({ query }) => listJobs(session(database), query))
  app.get('/jobs/:job_id', { schema: read }, ({ params }) =>
    readJob(session(database), params.job_id),
  )
}
