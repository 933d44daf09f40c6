import type { JobType, JsonObject } from '@techfacts/db'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { session } from '../database.ts'
import type { Dependencies } from '../dependencies.ts'
import { asAnswer } from '../http/json-text.ts'
import { problemResponses } from '../http/problems.ts'
import { id, projectParams } from '../schemas/fields.ts'
import {
  extractRequest,
  fetchRequest,
  jobFilter,
  jobView,
  legacyImportRequest,
  reportRequest,
} from '../schemas/job.ts'
import { toPage } from '../schemas/page.ts'
import { cancelJob, createJob, listJobs, readJob, retryJob } from '../services/jobs.ts'

const tags = ['jobs']

/** The routes that make a job, of the type that they are called after. */
const CREATED = [
  ['extract', 'extract', 'Extract facts from sources with a profile', extractRequest],
  [
    'fetch',
    'fetch',
    'Fetch a document by its URL, and put its text into the project',
    fetchRequest,
  ],
  ['report', 'report', 'Summarise what was found, as markdown', reportRequest],
  [
    'legacy-import',
    'importLegacy',
    'Copy the pages and facts of the first release into the project',
    legacyImportRequest,
  ],
] as const satisfies readonly (readonly [JobType, string, string, z.ZodType<JsonObject>])[]

const list = {
  tags,
  operationId: 'listJobs',
  summary: 'List jobs, newest first',
  querystring: jobFilter,
  response: { 200: toPage(jobView), ...problemResponses },
}
const params = z.strictObject({ job_id: id })
const response = { 200: jobView, ...problemResponses }
const read = { tags, operationId: 'readJob', summary: 'Read a job', params, response }
const cancel = {
  tags,
  operationId: 'cancelJob',
  summary: 'Cancel a job that has not ended',
  params,
  response,
}
const retry = {
  tags,
  operationId: 'retryJob',
  summary: 'Try a dead, failed or cancelled job again',
  params,
  response,
}

export const jobRoutes: FastifyPluginAsyncZod<Dependencies> = async (app, dependencies) => {
  const { database, queue, jobMaxAttempts: maxAttempts } = dependencies
  for (const [type, operationId, summary, body] of CREATED) {
    const response = { 202: z.object({ job_id: id }), ...problemResponses }
    const schema = { tags, operationId, summary, params: projectParams, body, response }
    app.post(`/projects/:project_id/${type}`, { schema }, async ({ params, body }, reply) => {
      const asked = { projectId: params.project_id, type, payload: body, maxAttempts }
      return reply.code(202).send({ job_id: await createJob(database, queue, asked) })
    })
  }
  app.get('/jobs', { schema: list }, async ({ query }) =>
    asAnswer(await listJobs(session(database), query)),
  )
  app.get('/jobs/:job_id', { schema: read }, async ({ params }) =>
    asAnswer(await readJob(session(database), params.job_id)),
  )
  app.post('/jobs/:job_id/cancel', { schema: cancel }, ({ params }) =>
    cancelJob(database, params.job_id),
  )
  app.post('/jobs/:job_id/retry', { schema: retry }, ({ params }) =>
    retryJob(database, queue, params.job_id, maxAttempts),
  )
}
