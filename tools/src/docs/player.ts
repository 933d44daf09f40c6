import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import {
  applyDiff,
  type Block,
  parseExchanges,
  fileOfDiff,
  normalise,
  replaceBlocks,
} from './blocks.ts'
import { ROOT } from '../root.ts'

const DATABASE_PACKAGE = 'packages/db'
const CONFIG = `${DATABASE_PACKAGE}/src/mikro-orm.config.ts`

/** How documents name the folder of a checkout. */
const CHECKOUT = '/home/you/techfacts'

/** As in production: test servers are disposable. */
const ASK_BEFORE_LOSSES = `
do $$ begin
  execute format('alter database %I set "migrator.disposable" = ''off''', current_database());
end $$`

/** The command line of this repository and that of the package, started here without installing anything. */
const PROGRAMS = `
pnpm() { shift; "$NODE" ${join(ROOT, 'apps/migrate/src/main.js')} "$@"; }
npx() { shift; "$NODE" ${join(ROOT, 'packages/migrator/src/cli/main.ts')} "$@"; }
`

/**
 * Plays a document from top to bottom on this database, in a copy of packages/db: a console block is run, a diff
 * applied, an sql block run in one session that stays open. Returns the document with what the commands have
 * printed; an output that differs only in moments, durations and the like stays as it is.
 */
export async function play(markdown: string, databaseUrl: string): Promise<string> {
  const folder = await copyOfDatabasePackage()
  const session = new Client({ connectionString: databaseUrl, application_name: 'psql' })
  session.on('error', () => {}) // a run may end it
  await session.connect()
  await session.query(ASK_BEFORE_LOSSES)
  const environment = { DATABASE_URL: databaseUrl, MIGRATE_CONFIG: join(folder, CONFIG) }
  const playBlock = async ({ kind, text }: Block): Promise<string> => {
    if (kind === 'sql') await session.query(text)
    if (kind === 'diff') await applyIn(folder, text)
    if (kind !== 'console' || !isPlayed(text)) return text
    const lines: string[] = []
    for (const { command, output } of parseExchanges(text)) {
      const printed = (await runShell(command, folder, environment)).replaceAll(folder, CHECKOUT)
      lines.push(`$ ${command}`, normalise(printed) === normalise(output) ? output : printed)
    }
    return lines.filter((line) => line !== '').join('\n')
  }
  try {
    return await replaceBlocks(markdown, playBlock)
  } finally {
    await session.end().catch(() => {})
    await rm(folder, { recursive: true })
  }
}

/** The other commands start the whole of TechFacts, or its tests. */
function isPlayed(text: string): boolean {
  return parseExchanges(text).every(({ command }) =>
    /\b(pnpm migrate|npx @techfacts\/migrator)\b/.test(command),
  )
}

/** Inside the repository, where the packages that it imports are found. */
async function copyOfDatabasePackage(): Promise<string> {
  const home = join(ROOT, 'tools/.data')
  await mkdir(home, { recursive: true })
  const folder = await mkdtemp(join(home, 'docs-'))
  const [from, to] = [join(ROOT, DATABASE_PACKAGE), join(folder, DATABASE_PACKAGE)]
  await cp(from, to, {
    recursive: true,
    filter: (path) => !/node_modules|\.test\.ts$/.test(path.slice(from.length)),
  })
  await symlink(join(from, 'node_modules'), join(to, 'node_modules'))
  return folder
}

async function applyIn(folder: string, diff: string): Promise<void> {
  const path = join(folder, fileOfDiff(diff))
  await writeFile(path, applyDiff(await readFile(path, 'utf8'), diff))
}

/** Runs a command line of a document; what it prints to both streams, in order. */
export function runShell(
  command: string,
  cwd: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const env = {
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    NODE: process.execPath,
    ...environment,
  }
  return new Promise((resolve) => {
    // The exit code is for the document to show, with `echo $?`.
    execFile('sh', ['-c', `${PROGRAMS}{ ${command}\n} 2>&1`], { cwd, env }, (_, stdout) =>
      resolve(stdout.trimEnd()),
    )
  })
}
