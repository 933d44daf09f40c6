import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Ended } from '../testing/cli.ts'

/** Builds that services still run while this one migrates, by what is special about them. */
export const OLDER_BUILDS = {
  'before bookkeeping had to be trusted': '7574e5c1f2499c4a7ff8e94e090c6a78a067dcf9',
  'the last of journal format 4': '66c4eb426004884f3c9bd83070f60dc7beb1201b',
} as const

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url))
const PACKAGES = ['packages/migrator', 'packages/db', 'packages/postgres', 'apps/migrate']

/** Run in packages/db of the older build, whose gate it asks. */
const READ_GATE = `
import { Client } from 'pg'
import { readGate } from './src/gate.ts'
const client = new Client({ connectionString: process.env.DATABASE_URL })
await client.connect()
console.log(JSON.stringify(await readGate(async (sql) => (await client.query(sql)).rows)))
await client.end()
`

/** The code of an older commit, with the installed packages of this one. */
export interface OlderBuild extends AsyncDisposable {
  /** A folder in which its modules find their packages. */
  readonly home: string
  readonly manifest: string
  migrate(args: readonly string[], url: string): Promise<Ended>
  /** What its service says of a database: whether it works with it. */
  readGate(url: string): Promise<{ readonly state: string; readonly isOpen: boolean }>
}

/** Takes an older build out of this repository's history. */
export async function checkOutOlderBuild(commit: string): Promise<OlderBuild> {
  const folder = await mkdtemp(join(tmpdir(), 'older-build-'))
  await takeFromHistory(folder, commit)
  await linkPackages(folder)
  const gate = join(folder, 'packages/db/read-gate.ts')
  await writeFile(gate, READ_GATE)
  const main = join(folder, 'apps/migrate/src/main.ts')
  const home = join(folder, 'apps/migrate/.data')
  await mkdir(home)
  return {
    home,
    manifest: join(folder, 'packages/db/src/migrator.lock.json'),
    migrate: (args, url) => runNode([main, ...args], url),
    readGate: async (url) => {
      const { exit, stdout, stderr } = await runNode([gate], url)
      if (exit !== 0) throw new Error(`The gate of the older build does not answer: ${stderr}`)
      return JSON.parse(stdout)
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

async function takeFromHistory(folder: string, commit: string): Promise<void> {
  const archive = join(folder, 'older.tar')
  const git = ['-c', 'safe.directory=*', '-C', REPOSITORY, 'archive', '-o', archive, commit]
  const run = promisify(execFile)
  try {
    await run('git', [...git, 'package.json', ...PACKAGES])
  } catch (cause) {
    throw new Error(
      `The older build, commit ${commit.slice(0, 7)}, is not in the history of this clone. Where it is shallow, run: git fetch --unshallow`,
      { cause },
    )
  }
  await run('tar', ['-xf', archive, '-C', folder])
}

/** The links of pnpm lead from one package to another, and to the store: in the copy to its own packages, and to the same store. */
async function linkPackages(folder: string): Promise<void> {
  await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'))
  for (const name of PACKAGES) {
    await cp(join(REPOSITORY, name, 'node_modules'), join(folder, name, 'node_modules'), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !basename(source).startsWith('.'),
    })
  }
}

function runNode(args: readonly string[], url: string): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, DATABASE_URL: url }
    execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      const exit = error ? (typeof error.code === 'number' ? error.code : -1) : 0
      resolve({ exit, stdout, stderr })
    })
  })
}
