/**
 * How long the main reads take, beside a bare Fastify route with one query in the same run:
 * `pnpm --filter pipeline bench:reads [rounds]`. The ratio of the 99th percentiles is what counts, since the machine may be
 * busy: each round asks every route some times, so that all have the same share of what disturbs. The ratio of the
 * processor's time, of the service and of PostgreSQL together, depends least on who else is there. The client is a process of its own.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Agent, request } from 'undici'
import { asApplication, query } from './database.ts'
import { onServer } from './on-server.ts'
import { percentile } from './percentile.ts'
import { API_KEY } from './service.ts'

const ROUNDS = Number(process.argv[2] ?? 40)
const OF_A_ROUND = 25
const AT_ONCE = 2
const FACTS = 200_000
const SERVERS = fileURLToPath(new URL('benchmark-reads-servers.ts', import.meta.url))
const dispatcher = new Agent({ connections: AT_ONCE })

async function measureAll(owner: string): Promise<void> {
  const made = await fill(owner)
  const servers = fork(SERVERS, [asApplication(owner), made.project])
  try {
    const [listening] = (await once(servers, 'message')) as [Listening]
    const readServers = async () => {
      servers.send('')
      const [microseconds] = (await once(servers, 'message')) as [number]
      return microseconds / 1000
    }
    await measure(routesOf(listening, made), async () => {
      return (await readServers()) + (await readBackends(owner))
    })
  } finally {
    servers.disconnect()
    await dispatcher.close()
  }
}

type Listening = Record<'bare' | 'api', string>
type Made = Record<'project' | 'source' | 'job', string>

function routesOf({ bare, api }: Listening, { project, source, job }: Made): readonly Route[] {
  const [jobs, one] = [`${api}/api/v1/jobs`, `${api}/api/v1/projects/${project}`]
  const facts = `${one}/extractions`
  return [
    { name: 'a bare route with one query', url: `${bare}/`, goal: 1 },
    { name: 'one project', url: one, goal: 2 },
    { name: 'one source', url: `${one}/sources/${source}`, goal: 2 },
    { name: 'one job', url: `${jobs}/${job}`, goal: 2 },
    { name: 'a page of 50 projects', url: `${api}/api/v1/projects`, goal: 2 },
    { name: 'a page of 50 sources', url: `${one}/sources`, goal: 2 },
    { name: 'a page of 50 jobs', url: jobs, goal: 2 },
    { name: 'a page of 50 jobs of a project', url: `${jobs}?project_id=${project}`, goal: 2 },
    { name: 'a page of 50 extractions', url: facts, goal: 2 },
    { name: 'a search for a word of 20 facts', url: `${facts}?q=rare17`, goal: 5 },
    { name: 'a search for a word of 2000 facts', url: `${facts}?q=some17`, goal: 5 },
    { name: 'a search for a word of every fact', url: `${facts}?q=costs`, goal: 5 },
  ]
}

/** How long PostgreSQL's processes have worked for the service, in milliseconds; 0 where the system does not say so. */
async function readBackends(url: string): Promise<number> {
  const backends = await query<{ pid: number }>(
    url,
    `select pid from pg_stat_activity where usename <> current_user and backend_type = 'client backend'`,
  )
  const times = await Promise.all(
    backends.map(({ pid }) => readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '0')),
  )
  return times.reduce((sum, text) => sum + parseInt(text, 10) / 1e6, 0)
}

type Route = { readonly name: string; readonly url: string; readonly goal: number }

type Figures = { readonly times: number[]; bytes: number; worked: number }

async function measure(routes: readonly Route[], readWorked: () => Promise<number>): Promise<void> {
  const figures = routes.map((): Figures => ({ times: [], bytes: 0, worked: 0 }))
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const [index, { url }] of routes.entries()) {
      const own = figures[index]
      const before = await readWorked()
      const { times, bytes } = await askTogether(url)
      if (!own || round < 0) continue
      own.times.push(...times)
      own.bytes = bytes
      own.worked += (await readWorked()) - before
    }
  }
  console.log(
    `load of the machine ${loadavg()[0]?.toFixed(1)}, ${ROUNDS * OF_A_ROUND} requests of each`,
  )
  for (const [index, route] of routes.entries()) print(route, figures[index], figures[0])
}

/** Rounds that are not counted: until then the code is compiled, and the connections are there. */
const WARM_UP = 8

function print({ name, goal }: Route, own?: Figures, bare = own): void {
  if (!own || !bare) return
  const ratio = (of: (figures: Figures) => number) => (of(own) / of(bare)).toFixed(2)
  const half = ({ times }: Figures) => percentile(times, 0.5)
  const most = ({ times }: Figures) => percentile(times, 0.99)
  const judged = most(own) / most(bare) <= goal ? '' : `, above the goal of ${goal}`
  console.log(
    `${name}: ${own.bytes} bytes, p50 ${half(own).toFixed(1)} ms (${ratio(half)} x), p99 ${most(own).toFixed(1)} ms, processor ${(own.worked / own.times.length).toFixed(2)} ms (${ratio(({ worked }) => worked)} x), ${ratio(most)} x the bare route${judged}`,
  )
}

/** Asks `AT_ONCE` at a time: how long each answer took. */
async function askTogether(url: string): Promise<{ times: number[]; bytes: number }> {
  const times: number[] = []
  let [left, bytes] = [OF_A_ROUND, 0]
  const ask = async () => {
    while (left > 0) {
      left -= 1
      const began = performance.now()
      const answer = await request(url, { dispatcher, headers: { 'x-api-key': API_KEY } })
      bytes = (await answer.body.arrayBuffer()).byteLength
      times.push(performance.now() - began)
      if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}.`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, ask))
  return { times, bytes }
}

/** A project of many facts, and another one beside it of as many: neither is the whole table. */
async function fill(url: string): Promise<Made> {
  const [made] = await query<Made>(
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
