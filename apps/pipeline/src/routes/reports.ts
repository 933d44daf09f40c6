import type { Dependencies } from '../dependencies.ts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { session } from '../database.ts'
import { asAnswer } from '../http/json-text.ts'
import { problemResponses } from '../http/problems.ts'
import { id, projectParams } from '../schemas/fields.ts'
import { pageRequest, toPage } from '../schemas/page.ts'
import { reportSummary, reportView } from '../schemas/report.ts'
import { listReports, readReport } from '../services/reports.ts'

const tags = ['reports']
const params = projectParams.extend({ report_id: id })

const list = {
  tags,
  operationId: 'listReports',
  summary: 'List reports without their content, newest first',
  params: projectParams,
  querystring: pageRequest,
  response: { 200: toPage(reportSummary), ...problemResponses },
}
const read = {
  tags,
  operationId: 'readReport',
  summary: 'Read a report with what it is made from',
  params,
  response: { 200: reportView, ...problemResponses },
}
const markdown = {
  tags,
  operationId: 'readReportMarkdown',
  summary: 'Get the text of a report',
  params,
  response: {
    200: {
      description: 'The report.',
      content: { 'text/markdown; charset=utf-8': { schema: z.string() } },
    },
    ...problemResponses,
  },
}

export const reportRoutes: FastifyPluginAsyncZod<Dependencies> = async (app, { database }) => {
  app.get('/projects/:project_id/reports', { schema: list }, async ({ params, query }) =>
    asAnswer(await listReports(session(database), params.project_id, query)),
  )
  app.get('/projects/:project_id/reports/:report_id', { schema: read }, async ({ params }) =>
    asAnswer(await readReport(session(database), params.project_id, params.report_id)),
  )
  app.get(
    '/projects/:project_id/reports/:report_id/markdown',
    { schema: markdown },
    async ({ params }, reply) => {
      const report = await readReport(session(database), params.project_id, params.report_id)
      return reply
        .type('text/markdown; charset=utf-8')
        .serializer(String)
        .send(report.parse().content ?? '')
    },
  )
}
