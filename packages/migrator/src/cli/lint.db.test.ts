import { createTestDatabase } from '@techfacts/postgres/testing'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { query } from '../testing/query.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

const FIRST = {
  up: ['create table t (id bigint primary key, a int, b int)', 'create index t_b on t (b)'],
}
const SECOND = { up: [`create index "t_a" on t (a) where b <> 3`] }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lint-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function sqlFile(name: string, text: string | Buffer): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

const SQL = `-- adds an index
set lock_timeout = '2s';

/* why */ create index "t_a"
  on t (a);
drop table "old, and gone";
`

const rulesIn = (stdout: string) =>
  JSON.parse(stdout).findings.map(
    ({ rule, line }: { rule: string; line: number }) => `${line} ${rule}`,
  )

describe('a file of any tool', () => {
  test('is read without a project: place, reason, and what to write in its place', async () => {
    const path = await sqlFile('V2__index.sql', SQL)
    const { exit, stdout } = await migrate(['lint', path])
    expect(exit).toBe(3)
    expect(stdout).toContain(
      `${relative(process.cwd(), path)}:4: error: index t_a of t: CREATE INDEX keeps everybody from writing to the table until the index is built. [index-blocks-writes]\n`,
    )
    expect(stdout).toContain('    create index concurrently "t_a"')
    expect(stdout).toMatch(/2 errors, 1 warning\.\n$/)
  })

  test('knows what the files before it have made', async () => {
    const one = await sqlFile('V1.sql', 'create table t (id bigint primary key, a int not null)')
    const two = await sqlFile(
      'V2.sql',
      "set lock_timeout = '2s'; alter table t alter a set not null",
    )
    const alone = await migrate(['lint', two, '--json'])
    const both = await migrate(['lint', one, two, '--json'])
    expect([alone.exit, rulesIn(alone.stdout)[0]]).toEqual([3, '1 not-null-scans'])
    expect([both.exit, rulesIn(both.stdout)]).toEqual([0, ['1 breaks-previous-release']])
  })

  test('what breaks the release is said once of a file, with how often it is so', async () => {
    const renames = 'alter table t rename column a to b; alter table t rename column c to d;'
    const path = await sqlFile('V3.sql', `set lock_timeout = '2s'; ${renames}`)
    const { findings } = JSON.parse((await migrate(['lint', path, '--json'])).stdout)
    expect(findings).toMatchObject([
      {
        rule: 'breaks-previous-release',
        says: expect.stringMatching(/^it renames t\.a to b \(and 1 more here\): the release/),
      },
    ])
  })

  test.each([
    ['none.sql', undefined, 'none.sql: there is no such file.\n'],
    ['bad.sql', 'select 1;\n\nselec 2;', 'bad.sql:3: syntax error at or near "selec".\n'],
    [
      'open.sql',
      "select 'one\ntwo",
      `open.sql:1: unterminated quoted string at or near "'***'".\n`,
    ],
    [
      'latin1.sql',
      Buffer.from('create table caf\xe9 ()', 'latin1'),
      'latin1.sql: it is no text in UTF-8.\n',
    ],
    ['utf16.sql', Buffer.from('select 1', 'utf16le'), 'utf16.sql: it is no text in UTF-8.\n'],
  ])('%s that cannot be read is one line', async (name, text, says) => {
    if (text !== undefined) await sqlFile(name, text)
    const { exit, stdout, stderr } = await migrate(['lint', join(folder, name)])
    expect([exit, stdout, stderr]).toEqual([2, '', `${folder}/${says}`])
  })

  test('is not mixed with migrations, and an empty one has nothing', async () => {
    const path = await sqlFile('empty.sql', '\uFEFF-- nothing\n')
    expect(await migrate(['lint', path])).toMatchObject({
      exit: 0,
      stdout: 'No rule has found anything.\n',
    })
    expect(await migrate(['lint', path, '--config', 'none.ts'])).toMatchObject({ exit: 2 })
    expect(await migrate(['lint', path, 'Migration1'])).toMatchObject({ exit: 2, stdout: '' })
    expect(await migrate(['lint', path, '--since', 'HEAD'])).toMatchObject({ exit: 2, stdout: '' })
  })

  test('meets the schema and the sizes of a database', async () => {
    await using database = await createTestDatabase()
    const env = { DATABASE_URL: database.url }
    await query(
      database.url,
      `create table large (id bigint primary key, a int not null, b int);
       create table small (id bigint primary key, b int);
       create view seen as select b from large;
       insert into large select n, n, n from generate_series(1, 2000) n; analyze`,
    )
    const path = await sqlFile(
      'V9.sql',
      `set lock_timeout = '2s';
       create index on large (b);
       create index on small (b);
       alter table large alter a set not null;
       alter table large alter b type bigint;`,
    )
    const { stdout } = await migrate(['lint', path, '--json'], env)
    const severe = rulesIn(stdout).filter((one: string) => !one.includes('breaks'))
    expect(severe).toEqual([
      '2 index-blocks-writes',
      '5 type-change-rewrites',
      '5 type-change-of-viewed-column',
    ])
  })
})

describe('the formats', () => {
  test('GitHub: an annotation a finding, each in one line', async () => {
    const path = await sqlFile('a,b.sql', SQL)
    const { stdout } = await migrate(['lint', path, '--format', 'github'])
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(
      /^::error file=\S+\/a%2Cb\.sql,line=4,title=index-blocks-writes::index t_a of t: .*%0ABuild it CONCURRENTLY/,
    )
  })

  test('GitLab: a code quality report with fingerprints of its own', async () => {
    const { stdout } = await migrate(['lint', await sqlFile('g.sql', SQL), '--format', 'gitlab'])
    const report = JSON.parse(stdout)
    expect(report[0]).toEqual({
      description: expect.stringContaining('CREATE INDEX'),
      check_name: 'index-blocks-writes',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      severity: 'major',
      location: { path: expect.stringMatching(/g\.sql$/), lines: { begin: 4 } },
    })
    expect(new Set(report.map((one: { fingerprint: string }) => one.fingerprint)).size).toBe(3)
  })

  test('SARIF 2.1.0: every result has a rule, a level, a message and a place', async () => {
    const { stdout } = await migrate([
      'lint',
      await sqlFile('s 1#2?.sql', SQL),
      '--format',
      'sarif',
    ])
    const { version, runs } = JSON.parse(stdout)
    const [{ tool, results }] = runs
    const { name, rules } = tool.driver
    expect([version, runs.length, name]).toEqual(['2.1.0', 1, 'migrate lint'])
    const text = { text: expect.stringMatching(/\w/) }
    for (const rule of rules)
      expect(rule).toEqual({
        id: expect.stringMatching(/^[a-z-]+$/),
        shortDescription: text,
        fullDescription: text,
        help: text,
        properties: { tags: expect.arrayContaining([expect.any(String)]) },
      })
    expect(results).toHaveLength(3)
    for (const result of results) {
      const { uri } = result.locations[0].physicalLocation.artifactLocation
      expect(uri).toMatch(/s%201%232%3F\.sql$/)
      expect(result).toEqual({
        ruleId: rules[result.ruleIndex].id,
        ruleIndex: expect.any(Number),
        level: expect.stringMatching(/^(error|warning)$/),
        message: text,
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri },
              region: { startLine: expect.any(Number) },
            },
          },
        ],
        partialFingerprints: { 'finding/v1': expect.stringMatching(/^[0-9a-f]{64}$/) },
      })
    }
  })

  test('an unknown one is refused with those that there are', async () => {
    const { exit, stderr } = await migrate(['lint', 'x.sql', '--format', 'xml'])
    expect([exit, stderr]).toEqual([2, expect.stringContaining('text, sarif, github, gitlab')])
  })
})

describe('migrations', () => {
  let project: ScratchProject
  const lint = (...args: string[]) => migrate(['lint', ...args, '--config', project.config])
  beforeAll(async () => {
    project = await scratchProject({
      Migration20260101000001_first: FIRST,
      Migration20260101000002_second: SECOND,
      Migration20260101000003_third: {
        up: ['alter table t drop column b'],
        members: `  allow = { 'deletes-data': 'no release reads it', 'lock-tabel': 'none' }\n  phase = 'contract' as const\n`,
      },
    })
  })
  afterAll(() => project.drop())

  test('are all linted, each with its file and line; what is allowed is not found', async () => {
    const { exit, stdout } = await lint('--json')
    const { findings } = JSON.parse(stdout)
    const found = findings.map(
      ({ file, line, migration, rule }: Record<string, string>) =>
        `${relative(dirname(project.config), file ?? '')}:${line} ${migration} ${rule}`,
    )
    expect(exit).toBe(3)
    expect(found).toEqual([
      'migrations/Migration20260101000002_second.ts:6 Migration20260101000002_second index-blocks-writes',
      'migrations/Migration20260101000003_third.ts:1 Migration20260101000003_third unneeded-allow',
    ])
    expect(findings[1].says).toContain(
      'lock-tabel: the migration allows it, and there is no such rule (did you mean lock-table?)',
    )
  })

  test('what is allowed is compiled, and covered by the chain', async () => {
    const path = join(dirname(project.config), 'migrations', 'Migration20260101000003_third.json')
    const { migration } = JSON.parse(await readFile(path, 'utf8'))
    expect(migration.allow).toEqual({ 'deletes-data': 'no release reads it', 'lock-tabel': 'none' })
  })

  test('are linted by name, or the beginning of one', async () => {
    expect(await lint('20260101000001')).toMatchObject({ exit: 0 })
    expect(await lint('Migration20260101000002')).toMatchObject({ exit: 3 })
    expect(await lint('nothing')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('There is no migration "nothing"'),
    })
  })

  test('a reason may be given after the migration was applied: nothing that ran is another', async () => {
    await using database = await createTestDatabase()
    const copy = await project.copy()
    const run = (...args: string[]) =>
      migrate([...args, '--config', copy.config], { DATABASE_URL: database.url })
    expect(await run('up')).toMatchObject({ exit: 0 })
    await copy.write('Migration20260101000002_second', {
      ...SECOND,
      members: `  allow = { 'index-blocks-writes': 'the table was small' }\n`,
    })
    await copy.lock()
    expect(await run('up')).toMatchObject({ exit: 0, stdout: expect.stringContaining('Nothing') })
    expect(await run('lint')).toMatchObject({ exit: 0 })
    await copy.drop()
  })

  test('a reason is required', async () => {
    const copy = await project.copy()
    await copy.write('Migration20260101000004_x', {
      up: ['select 1'],
      members: `  allow = { 'deletes-data': ' ' }\n`,
    })
    await expect(copy.lock()).rejects.toMatchObject({
      code: 'NOT_A_MIGRATION',
      message: expect.stringContaining('allow gives no reason for deletes-data'),
    })
    await copy.drop()
  })

  test('those that changed since a revision', async () => {
    const copy = await project.copy()
    const home = dirname(copy.config)
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: home })
    git('init', '-q')
    git('add', '-A')
    git('commit', '-qm', 'first')
    await copy.write('Migration20260101000004_fourth', {
      up: ['alter table t alter a set not null'],
    })
    await copy.lock()
    const since = (revision: string) =>
      migrate(['lint', '--since', revision, '--json', '--config', copy.config])
    const { stdout } = await since('HEAD')
    const names = JSON.parse(stdout).findings.map(
      ({ migration }: { migration: string }) => migration,
    )
    expect(new Set(names)).toEqual(new Set(['Migration20260101000004_fourth']))
    const unknown = await since('no-such-branch')
    expect([unknown.exit, JSON.parse(unknown.stdout).error.message]).toEqual([
      2,
      expect.stringMatching(/no-such-branch is not known: .* `git remote set-head origin --auto`/),
    ])
    await copy.drop()
  })
})

/** The end of lint in a project with this configuration. */
async function lintWith(config: string) {
  const project = await scratchProject({
    Migration20260101000001_first: { up: ['create schema cron', ...FIRST.up] },
    Migration20260101000002_second: { up: [...SECOND.up, 'create index on cron.job (id)'] },
  })
  const changed = join(dirname(project.config), 'lint.config.ts')
  const imported = `import config from './mikro-orm.config.ts'\n`
  await writeFile(changed, `${imported}export default { ...config, lint: ${config} }\n`)
  const ended = await migrate(['lint', '--config', changed])
  await project.drop()
  return ended
}

describe('the configuration', () => {
  test('sets levels and leaves schemas out', async () => {
    const off = await lintWith(`{ rules: { 'index-blocks-writes': 'off' } }`)
    expect([off.exit, off.stdout]).toEqual([0, 'No rule has found anything.\n'])
    const warned = await lintWith(
      `{ rules: { 'index-blocks-writes': 'warning' }, ignoredSchemas: ['cron'], smallTable: 5 }`,
    )
    expect([warned.exit, warned.stdout]).toEqual([
      0,
      expect.stringMatching(/0 errors, 1 warning\.\n$/),
    ])
  })

  test.each([
    [
      `{ rules: { 'index-block-writes': 'off' } }`,
      'there is no rule "index-block-writes" (did you mean index-blocks-writes?)',
    ],
    [
      `{ rules: { 'index-blocks-writes': 'no' } }`,
      `the level of index-blocks-writes is not 'error', 'warning' or 'off'`,
    ],
    [`{ rule: {} }`, 'it has no setting "rule"'],
    [`{ smallTable: '5' }`, 'smallTable is not a number of rows'],
    [`{ ignoredSchemas: 'cron' }`, 'ignoredSchemas is not a list of names'],
    [`'all'`, 'it is not an object'],
  ])('%s is refused', async (config, reason) => {
    const { exit, stderr } = await lintWith(config)
    expect([exit, stderr]).toEqual([2, `The configuration of lint cannot be used: ${reason}.\n`])
  })
})
