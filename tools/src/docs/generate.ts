import { errorCodes, EXIT } from '@techfacts/migrator'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ZodObject } from 'zod'
import { readRepository } from './repository.ts'
import { ROOT } from '../root.ts'

/** The documents that are made from the code, by their paths. `pnpm docs:write` writes them, a test compares. */
export const GENERATED: Readonly<Record<string, () => Promise<string>>> = {
  'docs/configuration.md': configuration,
  'docs/errors.md': async () => errors(),
  'docs/json.md': json,
}

type Row = readonly string[]

async function configuration(): Promise<string> {
  const { migrateHelp } = await readRepository()
  return page(
    'Configuration',
    table('variable of the migrator', ['meaning'], variablesOfHelp(migrateHelp)),
    DATABASE_URLS,
    table('variable of the pipeline', ['default', 'meaning'], await variablesOfPipeline()),
    'An empty variable of the pipeline counts as not set. A bad one ends the start with its name, and never its value.',
  )
}

const DATABASE_URLS = `A URL is read as psql reads it, sockets (\`postgresql://user@/db?host=/run/postgresql&port=5433\`) and \`dbname\` included. A parameter that neither
pg nor the migrator obeys is refused: Prisma's \`schema=app\` is \`options=-c%20search_path%3Dapp\` here. So is a character of a password that has to be
encoded and is not.

An \`.env\` file is read the way Node does it, with \`node --env-file=.env\`.`

/** What the help says of the environment, with wrapped lines joined. */
function variablesOfHelp(help: string): Row[] {
  const section = /^Environment[^\n]*:\n([^]*?)(?:\n\n|```)/m.exec(help)?.[1] ?? ''
  const joined = section.replaceAll(/\n {3,}/g, ' ')
  return [...joined.matchAll(/^ {2}([A-Z_]+) +(.+)$/gm)].map(([, name = '', meaning = '']) => [
    code(name),
    meaning,
  ])
}

async function variablesOfPipeline(): Promise<Row[]> {
  const { variables } = (await import(
    pathToFileURL(join(ROOT, 'apps/pipeline/src/env.ts')).href
  )) as { variables: ZodObject }
  return Object.entries(variables.shape).map(([name, field]) => {
    const { success, data } = field.safeParse(undefined)
    return [code(name), success ? code(String(data)) : 'required', field.description ?? '']
  })
}

function errors(): string {
  const rows = errorCodes()
    .map(({ code: name, exit }) => [code(name), String(EXIT[exit]), exit] as const)
    .sort(([, a], [, b]) => Number(a) - Number(b))
  return page(
    'Error codes',
    `Every failure has a stable code, an exit code, a message for people, and what to run next. Programs match the code, never the text. \`errorCodes()\` of
\`@techfacts/migrator\` returns this table; [json.md](json.md) has the shape of an error.`,
    table('code', ['exit', 'kind'], rows),
  )
}

/** What each command prints with `--json`, by the exported type of its result. */
const RESULTS: readonly [commands: string, type: string][] = [
  ['`start`, `up`, `down`, `seed`', 'RunResult'],
  ['`status`', 'Status'],
  ['`plan`, `up --dry-run`: with `hash`, and with a database `facts`, a `PlanFacts`', 'Plan'],
  ['`check`: `{ findings, exit }`, `findings` a list of', 'Finding'],
  ['`history`: a list of', 'HistoryEntry'],
  ['`diff`: a list of', 'Difference'],
  ['`archive list`, `archive purge`: a list of', 'ArchiveEntry'],
  ['`repair` without a migration: a list of', 'BookkeepingIssue'],
  ['`hash`', 'HashReport'],
  ['`grant`', 'GrantReport'],
]

/** Parts of results. */
const PARTS = [
  'MigrationReport',
  'MigrationStatus',
  'PlannedMigration',
  'PlanFacts',
  'PostgresError',
]

async function json(): Promise<string> {
  const { sources } = await readRepository()
  const names = [...RESULTS.map(([, type]) => type), ...PARTS]
  return page(
    'What `--json` prints',
    JSON_INTRODUCTION,
    table(
      'command',
      ['type'],
      RESULTS.map(([commands, type]) => [commands, code(type)]),
    ),
    'The types, as their sources have them:',
    fence('ts', names.map((name) => declarationOf(name, sources)).join('\n\n')),
  )
}

const JSON_INTRODUCTION = `The result is one line on standard output, and nothing is on standard error. Every command takes \`--json\`. The shapes are the TypeScript types below, most
of which \`@techfacts/migrator\` exports; there is no JSON schema of them.

An error is \`{ "error": { "code", "exit", "message", "details", "postgres", "next" } }\`. \`code\` is one of [errors.md](errors.md). \`next\` is what may be run to get on,
a list of \`{ command, args, options, why }\` or \`{ sql, why }\`. \`postgres\` is what PostgreSQL said, also where an ORM has wrapped its error. No password is in
any of them, but rows may be: DETAIL quotes them.`

/** An exported interface or type, with its comment. */
function declarationOf(name: string, sources: string): string {
  const comment = String.raw`(?:/\*\*(?:(?!\*/)[^])*\*/\n)?`
  const declaration = String.raw`export (?:interface ${name}\b[^]*?\n\}$|type ${name}\b[^]*?(?=\n\n))`
  const found = sources.match(new RegExp(`^${comment}${declaration}`, 'gm')) ?? []
  if (found.length !== 1) throw new Error(`${found.length} sources export the type ${name}.`)
  return found.join('')
}

function page(title: string, ...parts: readonly string[]): string {
  return `${['<!-- Generated: pnpm docs:write -->', `# ${title}`, ...parts].join('\n\n')}\n`
}

function table(first: string, others: readonly string[], rows: readonly Row[]): string {
  const heads = [first, ...others]
  return [heads, heads.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`)
    .join('\n')
}

function code(text: string): string {
  return `\`${text}\``
}

function fence(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``
}
