import { errorCodes, EXIT } from '@techfacts/migrator'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ZodObject } from 'zod'
import { jsonPage } from './json-page.ts'
import { outputSchema } from './output-schema.ts'
import { code, page, table, type Row } from './page.ts'
import { readRepository } from './repository.ts'
import { ROOT } from '../root.ts'
import { RULE_PAGES } from './rule-pages.ts'

/** The files that are made from the code, by their paths. `pnpm docs:write` writes them, a test compares. */
export const GENERATED: Readonly<Record<string, () => Promise<string>>> = {
  'docs/configuration.md': configuration,
  'docs/errors.md': async () => errors(),
  'docs/json.md': jsonPage,
  ...RULE_PAGES,
  'packages/migrator/output.schema.json': async () =>
    `${JSON.stringify(outputSchema(), undefined, 2)}\n`,
}

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
encoded and is not. Of psql's own parameters those that change neither where the connection leads nor who may read it (\`connect_timeout\`, \`keepalives\`,
and their like) may stand, and have no effect. \`channel_binding=require\` is refused: \`sslmode=verify-full\` is what keeps others out. With
\`target_session_attrs=read-write\` or \`primary\` no command works on a standby, not even one that only looks.

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
    `Every failure has a stable code, an exit code, a message for people, and what to run next. Only \`--json\` prints the code.
Programs match the code, never the text. \`errorCodes()\` of
\`@techfacts/migrator\` returns this table; [json.md](json.md) has the shape of an error.`,
    table('code', ['exit', 'kind'], rows),
  )
}
