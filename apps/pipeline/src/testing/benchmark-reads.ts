/**
 * How long the main reads take, beside a bare Fastify route with one query in the same run:
 * `pnpm --filter pipeline bench:reads [rounds]`. The ratio of the 99th percentiles is what counts, since the machine may be
 * busy: each round asks every route some times, so that all have the same share of what disturbs.
 */
import { loadavg } from 'node:os'
import { fastify, type FastifyInstance } from 'fastify'
import { Pool } from 'pg'
import { Agent, request } from 'undici'
import { openDatabase } from '../database.ts'
import { appOn } from './app.ts'
import { asApplication, query } from './database.ts'
import { onServer } from './on-server.ts'
import { percentile } from './percentile.ts'
import { API_KEY } from './service.ts'

const ROUNDS = Number(process.argv[2] ?? 40)
const OF_A_ROUND = 25
const AT_ONCE = 2
const FACTS = 200_000
const dispatcher = new Agent({ connections: AT_ONCE })

async function measureAll(owner: string): Promise<void> {
  const url = asApplication(owner)
  const database = openDatabase(url)
  const pool = new Pool({ connectionString: url, max: 10 })
  const bare = fastify()
  const app = await appOn(database, { apiKeys: [API_KEY] })
  try {
    const { project, source, job } = await fill(owner)
    bare.get('/', async () => {
      const { rows } = await pool.query('select id, name from projects where id = $1', [project])
      return rows[0]
    })
    const one = `/api/v1/projects/${project}`
    const api = await listen(app)
    const routes: Route[] = [
      { name: 'a bare route with one query', url: `${await listen(bare)}/`, goal: 1 },
      { name: 'one project', url: `${api}${one}`, goal: 2 },
      { name: 'one source', url: `${api}${one}/sources/${source}`, goal: 2 },
      { name: 'one job', url: `${api}/api/v1/jobs/${job}`, goal: 2 },
      { name: 'a page of 50 projects', url: `${api}/api/v1/projects`, goal: 2 },
      { name: 'a page of 50 sources', url: `${api}${one}/sources`, goal: 2 },
      { name: 'a page of 50 jobs', url: `${api}/api/v1/jobs`, goal: 2 },
      {
        name: 'a page of 50 jobs of a project',
        url: `${api}/api/v1/jobs?project_id=${project}`,
        goal: 2,
      },
      { name: 'a page of 50 extractions', url: `${api}${one}/extractions`, goal: 2 },
      {
        name: 'a search for a word of 20 facts',
        url: `${api}${one}/extractions?q=rare17`,
        goal: 5,
      },
      {
        name: 'a search for a word of 2000 facts',
        url: `${api}${one}/extractions?q=some17`,
        goal: 5,
      },
      {
        name: 'a search for a word of every fact',
        url: `${api}${one}/extractions?q=costs`,
        goal: 5,
      },
    ]
    await measure(routes)
  } finally {
    await Promise.all([app.close(), bare.close()])
    await Promise.all([database.close(), pool.end(), dispatcher.close()])
  }
}

type Route = { readonly name: string; readonly url: string; readonly goal: number }

async function listen(app: FastifyInstance): Promise<string> {
  return app.listen({ port: 0, host: '127.0.0.1' })
}

async function measure(routes: readonly Route[]): Promise<void> {
  const times = new Map(routes.map(({ name }) => [name, [] as number[]]))
  for (const { url } of routes) await askTogether(url, [])
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, url } of routes) await askTogether(url, times.get(name) ?? [])
  }
  const bare = percentile(times.get(routes[0]?.name ?? '') ?? [], 0.99)
  console.log(
    `load of the machine ${loadavg()[0]?.toFixed(1)}, ${ROUNDS * OF_A_ROUND} requests of each`,
  )
  for (const { name, goal } of routes) {
    const own = times.get(name) ?? []
    const [half, most] = [percentile(own, 0.5), percentile(own, 0.99)]
    const judged = most / bare <= goal ? '' : `, above the goal of ${goal}`
    console.log(
      `${name}: p50 ${half.toFixed(1)} ms, p99 ${most.toFixed(1)} ms, ${(most / bare).toFixed(2)} x the bare route${judged}`,
    )
  }
}

/** Asks `AT_ONCE` at a time, and adds how long each answer took. */
async function askTogether(url: string, times: number[]): Promise<void> {
  let left = OF_A_ROUND
  const ask = async () => {
    while (left > 0) {
      left -= 1
      const began = performance.now()
      const answer = await request(url, { dispatcher, headers: { 'x-api-key': API_KEY } })
      await answer.body.dump({ limit: Infinity })
      times.push(performance.now() - began)
      if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}.`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, ask))
}

/** A project of many facts, and another one beside it of as many: neither is the whole table. */
async function fill(url: string): Promise<Record<'project' | 'source' | 'job', string>> {
  const [made] = await query<Record<'project' | 'source' | 'job', string>>(
    url,
    `with project as (
       insert into projects (name, extraction_schema) select 'bench ' || n, '{"type": "object"}'
       from generate_series(1, 200) n returning id, name),
     source as (
       insert into sources (project_id, uri, source_group, content)
       select id, 'doc:' || n, 'group ' || n % 10, repeat('Plan ' || n || ' costs $5 per month. ', 50)
       from project, generate_series(1, 2000) n where name in ('bench 1', 'bench 2') returning id, project_id),
     run as (
       insert into extraction_runs (source_id, profile_used, extractor, input_hash, is_current)
       select id, 'pricing', 'rules', '', true from source returning id, source_id),
     fact as (
       insert into extractions (project_id, source_id, run_id, chunk_index, ordinal, source_group, extraction_type,
         profile_used, confidence, data, chunk_context)
       select project_id, source_id, run.id, 0, n, 'group ' || n % 10, 'price', 'pricing', 0.9,
         jsonb_build_object('category', 'pricing', 'statement', format('Plan %s costs $%s, rare%s some%s.', n, n,
           (random() * ${FACTS / 20})::int, (random() * ${FACTS / 2000})::int)),
         jsonb_build_object('quote', 'Plan costs', 'start', 0, 'end', 10, 'heading_path', '[]'::jsonb, 'confidence_parts', '[]'::jsonb)
       from run join source on source.id = source_id, generate_series(1, ${FACTS / 2000}) n),
     job as (
       insert into jobs (project_id, type, payload, status, result, created_at)
       select project_id, 'extract', '{"profile": "pricing"}', 'completed', '{"sources": 1}', now() - random() * interval '9 days'
       from source returning id, project_id)
     select project.id as project, (select id from source where project_id = project.id limit 1) as source,
       (select id from job where project_id = project.id limit 1) as job
     from project where name = 'bench 1'`,
  )
  if (!made) throw new Error('Nothing was made.')
  await query(url, 'vacuum analyze')
  return made
}

await onServer(measureAll)
