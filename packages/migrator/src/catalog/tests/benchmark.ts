/**
 * Reads and compares a large schema, beside `pg_dump -s` of the same where there is one:
 * `pnpm --filter @techfacts/migrator bench:catalog [tables]`. Figures are for comparison within one run:
 * reading should take at most 1.2 times what `pg_dump -s` takes, a difference at most twice that.
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

type Measured = { milliseconds: number; megabytes: number | undefined }

async function main(): Promise<void> {
  const dump = pgDumpMajor()
  const folder = await mkdtemp(join(tmpdir(), 'techfacts-bench-'))
  const server = await startServer({ folder, major: dump ?? 18, settings: { fsync: 'off' } })
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
      const ratios = rounds.map(
        ({ read }, i) => read.milliseconds / (dumps[i]?.milliseconds ?? NaN),
      )
      console.log(
        `readCatalog      ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')} × pg_dump -s`,
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
  await using client = await connect(url)
  const rss = process.memoryUsage().rss
  const start = performance.now()
  const catalog = await readCatalog(client)
  const milliseconds = performance.now() - start
  if (catalog.objects.length < TABLES) throw new Error('The schema was not read.')
  return { milliseconds, megabytes: Math.max(0, process.memoryUsage().rss - rss) / 2 ** 20 }
}

/** Time and, where the system tells, the highest memory of the process. */
async function measureDump(url: string): Promise<Measured> {
  const start = performance.now()
  const child = spawn('pg_dump', ['-s', url], { stdio: ['ignore', 'ignore', 'inherit'] })
  const done = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let megabytes: number | undefined
  while (child.exitCode === null && child.signalCode === null) {
    megabytes = (await highestMemory(child.pid)) ?? megabytes
    await Promise.race([done, sleep(10)])
  }
  return { milliseconds: performance.now() - start, megabytes }
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
  const times = rounds.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
  const memory = Math.max(...rounds.map(({ megabytes = 0 }) => megabytes))
  const [median = 0, best = 0] = [times[Math.floor(times.length / 2)], times[0]]
  console.log(
    `${what.padEnd(16)} ${median.toFixed(0)} ms (best ${best.toFixed(0)}), ${memory.toFixed(0)} MB`,
  )
}

await main()
