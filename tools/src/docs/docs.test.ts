import { dirname } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { findProblems } from './check.ts'
import { mentionsInMarkdown, mentionsInShell } from './mentions.ts'
import { isDocument, type Package, read, readRepository, type Repository } from './repository.ts'

let repository: Repository
beforeAll(async () => {
  repository = await readRepository()
})

const problemsOfMarkdown = (markdown: string, folder?: string) =>
  findProblems(mentionsInMarkdown(markdown, folder), repository)

describe('everything exists that is named by', () => {
  test('every document', async () => {
    const documents = repository.paths.filter(isDocument)
    expect(documents.length).toBeGreaterThan(15)
    const problems = await Promise.all(
      documents.map(
        async (path) => [path, problemsOfMarkdown(await read(path), dirname(path))] as const,
      ),
    )
    expect(problems.filter(([, found]) => found.length > 0)).toEqual([])
  })

  test('.ci/run', async () => {
    expect(findProblems(mentionsInShell(await read('.ci/run')), repository)).toEqual([])
  })

  test('the workflow', async () => {
    const { jobs } = parse(await read('.github/workflows/ci.yml'))
    const steps = Object.values<{ steps: { run?: string; with?: object }[] }>(jobs).flatMap(
      (job) => job.steps,
    )
    const runs = steps.flatMap(({ run }) => (run === undefined ? [] : [run]))
    expect(runs).not.toEqual([])
    const files = steps.flatMap(({ with: inputs = {} }) =>
      Object.entries(inputs)
        .filter(([name]) => name.endsWith('-file'))
        .map(([, file]) => String(file)),
    )
    const mentions = [
      ...runs.flatMap(mentionsInShell),
      ...files.map((text) => ({ kind: 'path', text }) as const),
    ]
    expect(findProblems(mentions, repository)).toEqual([])
  })

  test('the scripts of all packages', () => {
    const problems = repository.packages.flatMap(({ name, scripts, programs }) =>
      Object.values(scripts).flatMap((script) => problemsOfScript(name, script, programs)),
    )
    expect(problems).toEqual([])
  })

  test('turbo.json', async () => {
    const { tasks } = JSON.parse(await read('turbo.json'))
    const variables = Object.values<{ passThroughEnv?: string[] }>(tasks).flatMap(
      (task) => task.passThroughEnv ?? [],
    )
    const mentions = variables.map((name) => ({ kind: 'command', text: `${name}=` }) as const)
    expect(mentions).not.toEqual([])
    expect(findProblems(mentions, repository)).toEqual([])
  })
})

test('the layout in the README has every package and app', async () => {
  const tree = /## Layout\n+```\n([^]*?)```/.exec(await read('README.md'))?.[1] ?? ''
  const named = [...tree.matchAll(/── ([\w-]+)\/ /g)].map(([, name = '']) => name)
  const folders = repository.paths.flatMap(
    (path) => /^(?:packages|apps)\/([^/]+)\/package\.json$/.exec(path)?.[1] ?? [],
  )
  expect(named.toSorted()).toEqual(folders.toSorted())
})

test('one version of Node wherever a tool wants it written', async () => {
  const { catalog, nodeVersion } = parse(await read('pnpm-workspace.yaml'))
  expect(nodeVersion).toBe(catalog.node)
  expect((await read('.node-version')).trim()).toBe(catalog.node)
})

describe('finds what does not exist', () => {
  test.each([
    ['`pnpm migrat up`', 'techfacts has no script migrat'],
    ['`npx -y pnpm@12 tset`', 'techfacts has no script tset'],
    ['`npx -y pnpm@9 test`', 'npx -y pnpm@9 test is not npx -y pnpm@12'],
    ['`pnpm --filter migrator start`', 'no package migrator'],
    ['`pnpm --filter migrate begin`', 'migrate has no script begin'],
    [
      '`node apps/pipeline/src/main.ts`',
      'node apps/pipeline/src/main.ts needs the Node that pnpm brings: name a script',
    ],
    ['`migrate upp`', 'migrate has no command upp'],
    ['`pnpm migrate up --frce`', 'migrate has no option --frce'],
    ['`npx @techfacts/migrator upp`', 'migrate has no command upp'],
    ['`DATABSE_URL=x pnpm migrate up`', 'no program reads DATABSE_URL'],
    ['`DATABSE_URL`', 'no variable or code DATABSE_URL'],
    ['`packages/bd/src`', 'no path packages/bd/src'],
    ['`turbos.json`', 'no path turbos.json'],
    ['[text](docs/none.md)', 'no path docs/none.md'],
    ['`@techfacts/bd`', 'no package @techfacts/bd'],
    ['`@techfacts/postgres/tests`', 'no package @techfacts/postgres/tests'],
    ['```sh\ncd x && pnpm tset # runs\n```', 'techfacts has no script tset'],
    ['```\napps/\n├── migrat/   the program\n```', 'no path migrat/'],
    [
      '```sh\n$ pnpm start\nTechFacts is running.\n$ pnpm stop\n```',
      'techfacts has no script stop',
    ],
  ])('%s', (markdown, problem) => {
    expect(problemsOfMarkdown(markdown)).toEqual([problem])
  })

  test('and lets pass what does', () => {
    const markdown = `\`npx -y pnpm@12 test\`, \`pnpm migrate up --json\`, \`pnpm <script>\`, \`migrate\`,
      \`DATABASE_URL=postgresql://x pnpm --filter migrate start\`, \`TEST_DATABASE_URL\`, \`*.db.test.ts\`,
      \`@techfacts/postgres/testing\`, \`packages/db/src/\`, \`/readyz\`, \`application/json\`, \`up/down\``
    expect(problemsOfMarkdown(markdown)).toEqual([])
  })
})

/** A script's programs must be there as well: a script runs where nothing else is installed. */
function problemsOfScript(name: string, script: string, programs: Package['programs']): string[] {
  const unknown = script
    .split(/\s*&&\s*/)
    .map((command) => command.replace(/^([A-Z_]+=\S+\s+)+/, '').split(/\s+/)[0] ?? '')
    .filter((program) => !programs.includes(program))
    .map((program) => `no program ${program}`)
  const files = script.split(/\s+/).filter((word) => word.endsWith('.ts'))
  const folder = name === 'techfacts' ? '' : `${name.replace(/^@techfacts\//, '')}/`
  const paths = files.map((file) => ({ kind: 'path', text: `${folder}${file}` }) as const)
  // pnpm runs a script with the Node that it brings.
  const commands = mentionsInShell(script).filter(({ text }) => !text.startsWith('node '))
  const problems = findProblems([...commands, ...paths], repository)
  return [...unknown, ...problems].map((problem) => `${name}: ${problem}`)
}
