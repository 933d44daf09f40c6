import { HAZARDS, lint, readLintSettings, RULES, type Rule } from '@techfacts/migrator/lint'
import { code, page, table } from './page.ts'

/** docs/rules.md, and a page for each rule, by their paths. */
export const RULE_PAGES: Readonly<Record<string, () => Promise<string>>> = {
  'docs/rules.md': async () => index(),
  ...Object.fromEntries(
    RULES.map((rule) => [`docs/rules/${rule.id}.md`, async () => rulePage(rule)]),
  ),
}

function index(): string {
  return page(
    'Rules',
    INTRODUCTION,
    table(
      'rule',
      ['level', 'says'],
      RULES.map(({ id, level, problem }) => [`[${id}](rules/${id}.md)`, level, problem]),
    ),
    '## Hazards',
    table(
      'hazard',
      ['means'],
      Object.entries(HAZARDS).map(([name, means]) => [code(name), means]),
    ),
    SETTINGS,
  )
}

const INTRODUCTION = `\`pnpm migrate lint\` applies these rules to migrations, or to files of SQL that any tool runs. It exits with 3 where a rule of level
error has found something. It runs nothing and needs no database; with one, the sizes of its tables count. \`pnpm migrate plan\` shows what they find in pending migrations, and
\`pnpm migrate up\` refuses an error, where a table is large in that very database: see [locks.md](locks.md#what-is-unsafe-on-a-large-table-is-refused-first). A table that the same migration has made has no
readers, so most rules do not count there. Each example is run on PostgreSQL 15 and 18 by a test: the unsafe one is found, the safe one passes every rule, and both end at the same schema
unless the page says why not.`

const SETTINGS = `## Where a rule does not count

In one migration, with the reason. What nothing needs is reported (\`unneeded-allow\`):

\`\`\`ts
export class DropLegacyNotes extends Migration {
  allow = { 'deletes-data': 'no release reads it since 7' }
}
\`\`\`

In the whole project, next to the options in the default export of the MikroORM configuration:

\`\`\`ts
export default {
  ...defineConfig({ dbName: 'shop' }),
  lint: {
    rules: { 'cascading-delete': 'off', 'deletes-data': 'warning' },
    smallTable: 10_000,
    ignoredSchemas: ['cron'],
  },
}
\`\`\`

\`smallTable\` is a number of rows, 1,000 unless it is set: below it, what grows with a table (locks, scans, rewrites) is no hazard. It needs a database to count.
To \`up\` and \`plan\` such a table is nothing, whatever the rule: what \`up\` drops is counted, and kept in the archive. \`pnpm migrate hash\` records these settings in
the manifest, by which runs judge.`

async function rulePage(rule: Rule): Promise<string> {
  const { id, level, why, instead, problem, example } = rule
  const { given, unsafe, fails, since } = example
  const refused = fails === undefined ? '' : ` PostgreSQL refuses it with ${fails}.`
  return page(
    id,
    `Level: ${level}. Hazards: ${rule.hazards.map(code).join(', ')}. [All rules](../rules.md)`,
    sentence(problem),
    why,
    '## Unsafe',
    ...(given === 'select 1' ? [] : ['On what an earlier migration has made:', sql(given)]),
    `${since === undefined ? '' : `From PostgreSQL ${since} on. `}This is found:${refused}`,
    sql(unsafe),
    '## Safe',
    instead,
    ...(await safe(rule)),
  ).replaceAll(/\n{3,}/g, '\n\n')
}

async function safe({ id, example }: Rule): Promise<string[]> {
  const { given, unsafe, safe: text, differs, isAlone } = example
  const alone = 'Not in one transaction: `isTransactional` of the migration returns false.'
  if (text !== undefined) {
    const notes = differs === undefined ? [] : [`It does not end at the same schema: ${differs}.`]
    return [sql(text), ...(isAlone ? [alone] : []), ...notes]
  }
  const migration = { isTransactional: true, isContract: true }
  const scripts = [
    { name: 'given', texts: [given], isOnlyKnown: true },
    { name: 'unsafe', texts: [unsafe], migration },
  ]
  const found = (await lint(scripts, readLintSettings(undefined))).find(({ rule }) => rule === id)
  const { statements = [], requires = [] } = found?.corrected ?? {}
  const counted = requires.map(({ query }) => query)
  return [
    'The generator writes this:',
    sql(statements.join('\n')),
    alone,
    ...(counted.length > 0 ? ['Counted first, in `requires`:', sql(counted.join('\n'))] : []),
  ]
}

/** A statement a line. No block of `sql`, which the player of documents would run. */
function sql(text: string): string {
  const lines = text.replaceAll(/; (?=[a-z])/g, ';\n').replace(/;?$/, ';')
  return `\`\`\`postgresql\n${lines}\n\`\`\``
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
