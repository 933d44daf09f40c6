import { isSoak } from '@techfacts/postgres/testing'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import * as fc from 'fast-check'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { appAtHead } from './testing/app-at-head.ts'
import { query } from './testing/database.ts'
import { encode, requestsOf, type FuzzedRequest } from './testing/fuzz/requests.ts'
import { API_KEY } from './testing/service.ts'

const NOBODY = '00000000-0000-4000-8000-000000000000'
/** The most items of a page, of two kilobytes each. */
const PAGE = 200 * 2000
const LONGEST_REFUSAL = 4000
/** Longer than each bound that the service has for a request: the first one that needs a thread waits until that is there. */
const HANG = 60_000

const { app, url } = await appAtHead()

const document = (await app.inject('/openapi.json')).json()
const ajv = new Ajv2020({ strict: false, validateFormats: true })
addFormats.default(ajv)
ajv.addSchema({ ...document, $id: 'document' })

const [seeded] = await query<Record<string, string>>(
  url,
  `with project as (insert into projects (name, extraction_schema) values ('fuzzed', '{}') returning id),
   source as (insert into sources (project_id, uri, source_group, content)
     select id, 'u', 'g', 'Costs $5.' from project returning id, project_id),
   run as (insert into extraction_runs (source_id, profile_used, extractor, input_hash, is_current)
     select id, 'pricing', 'rules', '', true from source returning id),
   entity as (insert into entities (project_id, source_group, entity_type, value, normalized_value)
     select id, 'g', 't', 'v', 'v' from project returning id),
   fact as (insert into extractions (project_id, source_id, run_id, chunk_index, source_group, extraction_type, data)
     select source.project_id, source.id, run.id, 0, 'g', 't', '{"a": "costs"}' from source, run returning id),
   link as (insert into extraction_entities (extraction_id, entity_id)
     select fact.id, entity.id from fact, entity returning id),
   report as (insert into reports (project_id, type, content) select id, 't', '# Report' from project returning id),
   job as (insert into jobs (project_id, type, payload) select id, 'extract', '{}' from project returning id),
   profile as (insert into profiles (name, categories, prompt_focus, depth) values ('p', '{a}', 'f', 'summary') returning id)
   select project.id as project_id, source.id as source_id, entity.id as entity_id, report.id as report_id,
     job.id as job_id, profile.id as profile_id
   from project, source, run, entity, fact, link, report, job, profile`,
)
/** What paths are made with, by the name of the parameter: first what was there, then what has been made since. */
const ids = new Map(Object.entries(seeded ?? {}).map(([name, id]) => [name, [id]]))

/** One of three is any; the others are the first one, which has all that is asked for, and is never removed. */
function idOf(name: string, chosen: number, method: string): string {
  const known = ids.get(name) ?? []
  const index = chosen % 3 === 0 || method === 'DELETE' ? chosen % known.length : 0
  return (index === 0 && method === 'DELETE' ? undefined : known[index]) ?? NOBODY
}

function pathOf({ method, path, parameters, query }: FuzzedRequest): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const chosen = parameters[name] ?? ''
    return typeof chosen === 'string' ? encode(chosen) : idOf(name, chosen, method)
  })
  return query === '' ? filled : `${filled}?${query}`
}

async function send(request: FuzzedRequest) {
  const { method, headers, payload } = request
  const url = pathOf(request)
  const given = { method, url, headers, ...(payload !== undefined && { payload }) }
  const answer = await Promise.race([app.inject(given), sleep(HANG, undefined, { ref: false })])
  if (!answer) throw new Error(`No answer to ${method} ${url} in ${HANG} ms.`)
  return { answer, sent: url.length + (payload?.length ?? 0) }
}

const NAMES: Readonly<Record<string, string>> = {
  '/api/v1/projects': 'project_id',
  '/api/v1/profiles': 'profile_id',
  '/api/v1/projects/{project_id}/sources': 'source_id',
}

/** Whether an answer is one that the document describes; why it is not. */
function judge({ method, path }: FuzzedRequest, answer: Awaited<ReturnType<typeof app.inject>>) {
  const { responses } = document.paths[path][method.toLowerCase()]
  const { statusCode, body, headers } = answer
  const status = statusCode in responses ? String(statusCode) : `${String(statusCode)[0]}XX`
  if (!(status in responses)) return `${statusCode} is not documented`
  const types = responses[status].content
  if (!types) return body === '' ? undefined : 'a body that is not documented'
  const type =
    Object.keys(types).find((known) => known === headers['content-type']?.toString()) ??
    Object.keys(types).find((known) => String(headers['content-type']).startsWith(known))
  if (type === undefined) return `${headers['content-type']} is not documented`
  const pointer = [
    'paths',
    path,
    method.toLowerCase(),
    'responses',
    status,
    'content',
    type,
    'schema',
  ]
  const reference = pointer.map((part) =>
    encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')),
  )
  const isValid = ajv.getSchema(`document#/${reference.join('/')}`)
  if (!isValid) return `no schema of ${reference.join('/')}`
  const value = type.includes('json') ? answer.json() : body
  return isValid(value) ? undefined : ajv.errorsText(isValid.errors)
}

test(
  'every request that the document allows, and many that it does not, is answered as it says',
  { timeout: 3_600_000 },
  async () => {
    const statuses: Record<number, number> = {}
    let [largest, slowest] = [0, 0]
    const property = fc.asyncProperty(requestsOf(document, API_KEY), async (request) => {
      const began = performance.now()
      const { answer, sent } = await send(request)
      slowest = Math.max(slowest, performance.now() - began)
      largest = Math.max(largest, answer.body.length / (10 * sent + PAGE))
      statuses[answer.statusCode] = (statuses[answer.statusCode] ?? 0) + 1
      const refused = answer.statusCode >= 400
      expect(answer.statusCode).toBeLessThan(500)
      expect(judge(request, answer)).toBeUndefined()
      expect(answer.body.length).toBeLessThan(refused ? LONGEST_REFUSAL : 10 * sent + PAGE)
      if (answer.statusCode === 201) ids.get(NAMES[request.path] ?? '')?.push(answer.json().id)
    })
    await fc.assert(property, { numRuns: isSoak ? 10_000 : 300 })
    // It is of no use where all is refused, or nothing is.
    for (const status of [200, 201, 400, 401, 404]) expect(statuses[status]).toBeGreaterThan(0)
    const measured = `largest ${largest.toFixed(3)} of what it may be, slowest ${slowest.toFixed(0)} ms`
    if (isSoak) console.log(`Answers by status: ${JSON.stringify(statuses)}; ${measured}`)
  },
)
