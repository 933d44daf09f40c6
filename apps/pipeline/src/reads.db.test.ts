import { Client } from 'pg'
import { expect, test, vi } from 'vitest'
import { appAtHead } from './testing/app-at-head.ts'
import { query } from './testing/database.ts'
import { API_KEY } from './testing/service.ts'

/** Before the first connection, which keeps what it has then. */
const sent = vi.spyOn(Client.prototype, 'query')
const { app, url } = await appAtHead()

const [made] = await query<Record<string, string>>(
  url,
  `with project as (insert into projects (name, extraction_schema) values ('read', '{}') returning id),
   source as (insert into sources (project_id, uri, source_group, content)
     select id, 'u', 'g', 'Costs $5.' from project returning id, project_id),
   fact as (insert into extractions (project_id, source_id, source_group, extraction_type, data)
     select project_id, id, 'g', 't', '{"a": "costs"}' from source),
   job as (insert into jobs (project_id, type, payload) select id, 'extract', '{}' from project returning id)
   select project.id as project, source.id as source, job.id as job from project, source, job`,
)
const project = `/projects/${made?.project}`

/** Most of the time of a read is its way to PostgreSQL and back: how often it is gone is what can be counted. */
test.for([
  [project, 1],
  [`${project}/sources/${made?.source}`, 1],
  [`/jobs/${made?.job}`, 1],
  ['/projects', 1],
  [`${project}/sources`, 1],
  ['/jobs', 1],
  [`/jobs?project_id=${made?.project}&status=queued`, 1],
  [`${project}/extractions`, 1],
  [`${project}/extractions?type=t`, 1],
  [`${project}/extractions?q=costs`, 2], // and how many have the words
] as const)('GET %s: %i statements', async ([path, many]) => {
  const read = () => app.inject({ url: `/api/v1${path}`, headers: { 'x-api-key': API_KEY } })
  await read() // connects
  sent.mockClear()
  expect((await read()).statusCode).toBe(200)
  expect(sent).toHaveBeenCalledTimes(many)
})
