import { setTimeout as sleep } from 'node:timers/promises'
import { isSoak, startCrashServer, type CrashServer } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { asApplication, head, query } from './testing/database.ts'
import {
  createProject,
  finished,
  startProgram,
  until,
  untilReady,
  type Answer,
  type Program,
} from './testing/service.ts'

const CRASHES = isSoak ? 20 : 1
/** Each crash may cost a job an attempt. */
const ATTEMPTS = '100'

/** Some hundred chunks: every crash hits jobs that are half done. */
const LONG = Array.from({ length: 600 }, (_, n) => `Plan ${n} costs $${n} per month.`).join('\n\n')
const SMALL_CHUNKS = { EXTRACTION_CHUNK_MAX_TOKENS: '100', EXTRACTION_CHUNK_OVERLAP_TOKENS: '10' }

test(
  'a database that is killed with -9 in the middle of jobs loses none of them, and writes nothing twice',
  { timeout: 3_600_000, tags: 'long' },
  async () => {
    await using server = await startCrashServer()
    const { url } = await server.createDatabase({ prepare: head })
    const variables = { JOB_MAX_ATTEMPTS: ATTEMPTS, ...SMALL_CHUNKS }
    const programs = await Promise.all(
      ['0', '4', '4'].map((concurrency) =>
        startProgram(asApplication(url), { ...variables, WORKER_CONCURRENCY: concurrency }),
      ),
    )
    try {
      for (const program of programs) await untilReady(program)
      const [api] = programs as [Program, ...Program[]]
      const project = await createProject(api.call, 'crashed', [LONG, LONG])
      const client = openClient(api, project.id)
      expect(await client.extract(project.sources)).toBe(true)
      for (let crash = 0; crash < CRASHES; crash += 1) {
        await until(() => client.hasExtracted(), 120_000)
        await sleep(Math.random() * 1000)
        await killServer(url, server)
        await until(async () => client.refusals() > 0)
        await server.restart()
        for (const program of programs) await untilReady(program)
      }
      await client.stop()
      expect(client.surprises).toEqual([])
      for (const id of client.jobs) {
        expect(await finished(api.call, id, 600_000)).toMatchObject({ status: 'completed' })
      }
      await expectEachOnce(url, project.sources, client)
      for (const program of programs) {
        expect(program.output()).not.toContain('"err":"object"')
        expect(await program.stop()).toBe(0)
      }
    } finally {
      for (const program of programs) await program.stop('SIGKILL')
    }
  },
)

/** Kills the postmaster and all its children, as the kernel does where memory is short. */
async function killServer(url: string, server: CrashServer): Promise<void> {
  const processes = await query<{ pid: number }>(
    url,
    `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid
     union all select pid from pg_stat_activity where pid <> pg_backend_pid()`,
  )
  for (const { pid } of processes) killNow(pid)
  await server.crash() // which finds it dead, and waits until it is
}

/** One that its postmaster's death has ended meanwhile is as dead as it is to be. */
function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as { code?: string }).code !== 'ESRCH') throw error
  }
}

/** A client that goes on through everything: it adds sources and jobs, reads, and keeps what it was told. */
function openClient({ call }: Program, project: string) {
  const path = `/projects/${project}`
  const sources: string[] = []
  const jobs: string[] = []
  const surprises: string[] = []
  let refusals = 0
  const ask = async (path: string, body?: object): Promise<Answer> => {
    const answer = await call(path, body)
    if (answer.status === 503) refusals += 1
    if (!isExpected(answer)) surprises.push(`${path}: ${JSON.stringify(answer)}`)
    return answer
  }
  const extract = async (ids: readonly string[]) => {
    const { status, body } = await ask(`${path}/extract`, { profile: 'pricing', source_ids: ids })
    if (status === 202) jobs.push(body.job_id)
    return status === 202
  }
  const stopped = new AbortController()
  const goOn = async () => {
    for (let n = 0; !stopped.signal.aborted; n += 1) {
      const content = `Seat ${n} costs $${n} per month.`
      const { status, body } = await ask(`${path}/sources`, {
        uri: `seat:${n}`,
        source_group: 'docs',
        content,
      })
      if (status === 201 && (await extract([body.id]))) sources.push(body.id)
      await ask(`${path}/extractions?limit=5`)
      await sleep(100)
    }
  }
  const going = goOn()
  let seen = 0
  return {
    sources,
    jobs,
    surprises,
    extract,
    refusals: () => refusals,
    /** Whether a job was completed since this was asked last: the queue works, and has more to do. */
    async hasExtracted(): Promise<boolean> {
      const { status, body } = await ask(`/jobs?status=completed&project_id=${project}&limit=200`)
      if (status !== 200 || body.items.length <= seen) return false
      seen = body.items.length
      refusals = 0
      return true
    },
    async stop(): Promise<void> {
      stopped.abort()
      await going
    },
  }
}

/** A success, or the problem that says that the database is away. */
function isExpected({ status, type, body }: Answer): boolean {
  if (status < 300) return true
  const isProblem = status === 503 && type?.startsWith('application/problem+json') === true
  return isProblem && ['database_not_ready', 'database_unavailable'].includes(body.code)
}

async function expectEachOnce(
  url: string,
  long: readonly string[],
  { sources }: { readonly sources: readonly string[] },
): Promise<void> {
  const rows = await query<{ id: string; facts: number; twice: number }>(
    url,
    `select source.id, count(e.id)::int as facts, (count(e.id) - count(distinct e.data))::int as twice
     from sources source left join extractions e on e.source_id = source.id group by source.id`,
  )
  const expected = [...long, ...sources].map((id) => [id, long.includes(id) ? 600 : 1])
  const found = new Map(rows.map(({ id, facts }) => [id, facts]))
  expect(expected.filter(([id, facts]) => found.get(String(id)) !== facts)).toEqual([])
  expect(rows.filter(({ twice }) => twice > 0)).toEqual([])
  const left = await query(
    url,
    `select status from jobs where status <> 'completed'
     union all select 'a run' from extraction_runs where not is_current`,
  )
  expect(left).toEqual([])
}
