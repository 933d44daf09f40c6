/**
 * Reads and compares a large schema, beside `pg_dump -s` of the same where there is one:
 * `pnpm --filter @techfacts/migrator bench:catalog [tables]`. Compared is the processors' time, of the client and the
 * server together, so that a busy machine does not count: reading should take at most 1.2 times what `pg_dump -s`
 * takes, a difference at most twice that.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServer } from '@techfacts/postgres'
import { diffCatalogs, fingerprint, parseCatalog, readCatalog, serializeCatalog } from '../index.ts'
import { connect } from './database.ts'

const TABLES = Number(process.argv[2] ?? 1000)
const ROUNDS = 5

/**
 * A table has 10 columns, 5 indexes (its primary key's and four more), a check and a foreign key.
 */
function table(i: number): string {
  const name = `job_${i}`
  return `
    create table ${name} (id uuid primary key default gen_random_uuid(),
      parent_id uuid references job_${Math.max(0, i - 1)} on delete cascade, name text not null,
      kind text not null default 'fetch', status text, priority int default 0, payload jsonb,
      cost numeric(10,2), created_at timestamptz not null default now(), updated_at timestamptz,
      constraint ${name}_status_check check (status in ('queued', 'running', 'done')));
    create index on ${name} (parent_id);
    create index on ${name} (lower(name));
    create index on ${name} (created_at desc) where status = 'queued';
    create index on ${name} using gin (payload jsonb_path_ops);`
}

/** `cpu` is in milliseconds, of the client and the server; NaN where the system does not say. */
type Measured = { milliseconds: number; cpu: number; megabytes: number | undefined }

async function main(): Promise<void> {
  const dump = pgDumpMajor()
  const folder = await mkdtemp(join(tmpdir(), 'techfacts-bench-'))
  const server = await startServer({
    folder,
    major: dump ?? 18,
    settings: { fsync: 'off', autovacuum: 'off' },
  })
  try {
    await fill(server.url)
    const rounds = []
    for (let round = 0; round < ROUNDS; round += 1) {
      rounds.push({
        read: await measureRead(server.url),
        dump: dump && (await measureDump(server.url)),
      })
    }
    print(
      'readCatalog',
      rounds.map(({ read }) => read),
    )
    if (dump) {
      const dumps = rounds.flatMap((round) => round.dump ?? [])
      print('pg_dump -s', dumps)
      const ratios = rounds.map(({ read }, i) => read.cpu / (dumps[i]?.cpu ?? NaN))
      console.log(
        `readCatalog      ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')} × pg_dump -s, by processor time`,
      )
    } else console.log('pg_dump: none here that can read this server')
    await compare(server.url)
  } finally {
    await server.stop()
    await Promise.all(
      [folder, server.folder].map((path) => rm(path, { recursive: true, force: true })),
    )
  }
}

/** The version of the pg_dump on the path, if it is one of a server that we can start. */
function pgDumpMajor(): 15 | 16 | 17 | 18 | undefined {
  try {
    const version = execFileSync('pg_dump', ['--version'], { encoding: 'utf8' })
    const major = Number(/\d+/.exec(version)?.[0])
    return ([15, 16, 17, 18] as const).find((known) => known === major)
  } catch {
    return undefined
  }
}

async function fill(url: string): Promise<void> {
  await using client = await connect(url)
  for (let i = 0; i < TABLES; i += 50) {
    await client.query(Array.from({ length: 50 }, (_, j) => table(i + j)).join('\n'))
  }
  await client.query('analyze')
}

async function measureRead(url: string): Promise<Measured> {
  const server = await postmasterOf(url)
  const rss = process.memoryUsage().rss
  const before = (await cpuOf(server)) + cpuOfThisProcess()
  const start = performance.now()
  const { pid, tables } = await readOnce(url)
  const milliseconds = performance.now() - start
  const own = cpuOfThisProcess()
  if (tables < TABLES) throw new Error('The schema was not read.')
  await ended(pid)
  return {
    milliseconds,
    cpu: own + (await cpuOf(server)) - before,
    megabytes: Math.max(0, process.memoryUsage().rss - rss) / 2 ** 20,
  }
}

async function readOnce(url: string): Promise<{ pid: number; tables: number }> {
  await using client = await connect(url)
  const { objects } = await readCatalog(client)
  return { pid: await pidOf(client), tables: objects.length }
}

/** Time and, where the system tells, the highest memory of the process. */
async function measureDump(url: string): Promise<Measured> {
  const server = await postmasterOf(url)
  const before = (await cpuOf(server)) + (await cpuOf('self', CHILDREN))
  const start = performance.now()
  const child = spawn('pg_dump', ['-s', url], { stdio: ['ignore', 'ignore', 'inherit'] })
  const done = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let megabytes: number | undefined
  while (child.exitCode === null && child.signalCode === null) {
    megabytes = (await highestMemory(child.pid)) ?? megabytes
    await Promise.race([done, sleep(10)])
  }
  const milliseconds = performance.now() - start
  await dumpEnded(url)
  const cpu = (await cpuOf(server)) + (await cpuOf('self', CHILDREN)) - before
  return { milliseconds, cpu, megabytes }
}

/** The server's process: what its sessions have used is added to it when they end. */
async function postmasterOf(url: string): Promise<string> {
  await using client = await connect(url)
  const status = await readFile(`/proc/${await pidOf(client)}/status`, 'utf8').catch(() => '')
  return /PPid:\s+(\d+)/.exec(status)?.[1] ?? ''
}

const CHILDREN = [15, 16]
const WITH_CHILDREN = [13, 14, ...CHILDREN]

/** In milliseconds, as Linux counts it: in hundredths of a second. */
async function cpuOf(pid: string, fields = WITH_CHILDREN): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const values = stat.replace(/\(.*\)/, 'name').split(' ')
  return fields.reduce((sum, field) => sum + Number(values[field] ?? NaN) * 10, 0)
}

function cpuOfThisProcess(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

async function ended(pid: number): Promise<void> {
  while ((await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')) !== '') await sleep(5)
}

async function dumpEnded(url: string): Promise<void> {
  await using client = await connect(url)
  const sessions = `select from pg_stat_activity where application_name = 'pg_dump'`
  while ((await client.query(sessions)).rowCount !== 0) await sleep(5)
}

async function pidOf(client: Awaited<ReturnType<typeof connect>>): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]?.pid ?? 0
}

async function highestMemory(pid = 0): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kilobytes = /VmHWM:\s+(\d+)/.exec(status)?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
}

async function compare(url: string): Promise<void> {
  await using client = await connect(url)
  const here = await readCatalog(client)
  await client.query('alter table job_50 alter name drop not null')
  const there = await readCatalog(client)
  console.log(`${here.objects.length} objects`)
  time('fingerprint', () => fingerprint(here))
  time('diffCatalogs', () => diffCatalogs(here, there))
  time('snapshot', () => parseCatalog(serializeCatalog(here)))
}

function time(what: string, work: () => unknown): void {
  const start = performance.now()
  work()
  console.log(`${what.padEnd(16)} ${(performance.now() - start).toFixed(0)} ms`)
}

function print(what: string, rounds: Measured[]): void {
  const time = median(rounds.map(({ milliseconds }) => milliseconds))
  const cpu = median(rounds.map((round) => round.cpu))
  const memory = Math.max(...rounds.map(({ megabytes = 0 }) => megabytes))
  console.log(
    `${what.padEnd(16)} ${time.toFixed(0)} ms, ${cpu.toFixed(0)} ms of processor time, ${memory.toFixed(0)} MB`,
  )
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

await main()
