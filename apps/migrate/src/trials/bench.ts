/**
 * What the engine costs, as ratios from one run: `pnpm --filter migrate bench [postgres URL]`. Without a URL
 * it starts a server of its own. Times on one machine say little; what they are beside each other says more.
 */
import { startServer } from '@techfacts/postgres'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scratchProject, type ScratchProject } from '@techfacts/migrator/testing'
import { query } from './chain.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const MIGRATIONS = 1000
const CHAIN_RUNS = 3
const IDLE_RUNS = 15

const names = Array.from(
  { length: MIGRATIONS },
  (_, i) => `Migration${20260101000000 + i}_table_${i}`,
)
const statements = (i: number) => [
  `create table t_${i} (id int primary key, name text)`,
  `insert into t_${i} values (1, 'one')`,
]

const folder = await mkdtemp(join(tmpdir(), 'migrate-bench-'))
const [, , given] = process.argv
const server = given === undefined ? await startServer({ folder }) : undefined
const project = await scratchProject(
  Object.fromEntries(names.map((name, i) => [name, { up: statements(i) }])),
)
try {
  await measure(given ?? server?.url ?? '', project)
} finally {
  await project.drop()
  await server?.stop()
  await rm(folder, { recursive: true })
}

async function measure(server: string, { config }: ScratchProject): Promise<void> {
  const migrate = (url: string) => time([process.execPath, MAIN, 'up', '--config', config], url)
  const script = join(folder, 'chain.sql')
  await writeFile(script, sameTransactions())
  const bare = join(folder, 'bare.mjs')
  await writeFile(bare, bareScript())

  if (spawnSync('psql', ['--version']).status === 0) {
    const psql = (url: string) =>
      time(['psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-f', script, url], url)
    const engine: number[] = []
    const plain: number[] = []
    for (let i = 0; i < CHAIN_RUNS; i += 1) {
      plain.push(await onNewDatabase(server, psql))
      engine.push(await onNewDatabase(server, migrate))
    }
    report(`${MIGRATIONS} migrations`, 'migrate up', engine, 'psql, the same transactions', plain)
  } else console.log('The chain of migrations is not measured: there is no psql here.')

  await onNewDatabase(server, async (url) => {
    await migrate(url)
    const engine: number[] = []
    const plain: number[] = []
    for (let i = 0; i < IDLE_RUNS; i += 1) {
      plain.push(await time([process.execPath, bare], url))
      engine.push(await migrate(url))
    }
    report('nothing pending', 'migrate up', engine, 'a bare script with pg', plain)
    return 0
  })
}

function sameTransactions(): string {
  const ledger = `create table mikro_orm_migrations (id serial primary key, name varchar(255), executed_at timestamptz not null default now());`
  const transactions = names.map((name, i) =>
    [
      'begin',
      ...statements(i),
      `insert into mikro_orm_migrations (name) values ('${name}')`,
      'commit;',
    ].join(';\n'),
  )
  return [ledger, ...transactions].join('\n')
}

function bareScript(): string {
  return `
import pg from ${JSON.stringify(import.meta.resolve('pg'))}
const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
await client.connect()
await client.query('select name from mikro_orm_migrations order by id')
await client.end()
`
}

async function onNewDatabase(
  server: string,
  work: (url: string) => Promise<number>,
): Promise<number> {
  const name = `migrate_bench_${process.pid}`
  await query(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = name
  try {
    return await work(url.href)
  } finally {
    await query(server, `drop database ${name} with (force)`)
  }
}

/** Milliseconds that a process takes. */
async function time([file = '', ...args]: readonly string[], url: string): Promise<number> {
  const started = performance.now()
  // psql is found by PATH and has the URL as an argument; the others are to see nothing but it.
  const env = file === process.execPath ? { env: { DATABASE_URL: url } } : {}
  const child = spawn(file, args, {
    ...env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk) => (errors += String(chunk)))
  const [exit] = await once(child, 'close')
  if (exit !== 0) throw new Error(`${file} ended with ${exit}: ${errors}`)
  return performance.now() - started
}

function report(what: string, one: string, ones: number[], other: string, others: number[]): void {
  const [a, b] = [median(ones), median(others)]
  console.log(
    `${what}: ${one} ${Math.round(a)} ms, ${other} ${Math.round(b)} ms (medians of ${ones.length}); ratio ${(a / b).toFixed(2)}`,
  )
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
