import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { databaseTarget, createMigration, run } from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { migrate } from '@techfacts/migrator/testing'
import { briefly, createTestDatabase, isSoak } from '@techfacts/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { asApplication, head, query } from './testing/database.ts'
import {
  createProject,
  finished,
  startProgram,
  until,
  untilReady,
  type Program,
} from './testing/service.ts'

/** Of this repository, where its packages are found. */
const HOME = fileURLToPath(new URL('../.data/newer-builds/', import.meta.url))
const OWN = fileURLToPath(new URL('..', import.meta.resolve('@techfacts/db')))

afterAll(() => rm(HOME, { recursive: true, force: true }))

/** Of a file of the entities: a text, and what stands in its place in a build to come. */
type Edit = readonly [file: string, from: string, to: string]

const describeProject = (to: string): Edit => [
  'project.ts',
  '    description: p.text().nullable(),\n',
  to,
]

/** The entities and migrations of a build to come: these, with entities that have changed. */
async function newerBuild(name: string, ...edits: readonly Edit[]): Promise<string> {
  const folder = join(HOME, name)
  await mkdir(folder, { recursive: true })
  await cp(join(OWN, 'src'), join(folder, 'src'), { recursive: true })
  await cp(join(OWN, 'package.json'), join(folder, 'package.json'))
  await symlink(join(OWN, 'node_modules'), join(folder, 'node_modules'))
  for (const [file, from, to] of edits) {
    const entity = join(folder, 'src/entities', file)
    const text = await readFile(entity, 'utf8')
    expect(text).toContain(from)
    await writeFile(entity, text.replace(from, to))
  }
  return join(folder, 'src/mikro-orm.config.ts')
}

// The older build is the service as it is: its own process, its own manifest, real HTTP.
test.each(
  briefly([
    [
      'rename',
      '    summary: p.text().nullable(),\n',
      { renames: ['projects.description:summary'] },
    ],
    ['drop', '', { drops: ['projects.description'] }],
    ['change of type', '    description: p.integer().nullable(),\n', {}],
  ]),
)('an older service stops before a generated %s breaks it', async (what, description, decided) => {
  const config = await newerBuild(what.replaceAll(' ', '-'), describeProject(description))
  const newer = mikroOrmProject(config)
  const made = await createMigration(newer, {
    name: 'takes',
    blank: false,
    withDatabase: () => Promise.reject(new Error('The snapshot tells.')),
    ...decided,
  })
  expect(made).toMatchObject({
    phase: 'contract',
    breaks: expect.arrayContaining([expect.stringContaining('projects.description')]),
  })

  await using database = await createTestDatabase({ prepare: head })
  const older = await startProgram(asApplication(database.url))
  try {
    await untilReady(older)
    await createProject(older.call, 'before', [])
    const answers: number[] = []
    const over = new AbortController()
    const clients = Array.from({ length: 4 }, async () => {
      while (!over.signal.aborted) answers.push((await older.call('/projects')).status)
    })
    const target = databaseTarget(database.url)
    const up = { direction: 'up', target: 'head' } as const
    // Its sessions and its heartbeat show that it is there.
    expect(await run(newer, target, up)).toMatchObject({
      migrations: [],
      waiting: [{ says: expect.stringMatching(/^waits for techfacts-pipeline, revision \w{12}/) }],
    })
    await expect(run(newer, target, { ...up, contract: true })).rejects.toMatchObject({
      code: 'CONTRACT_NEEDED',
    })
    // As if it had shown no sign of life.
    await run(newer, { ...target, isThrowAway: true }, up)
    const [journalled] = await query<{ phase: string }>(
      database.url,
      `select phase from migrator.history where migration like '%_takes' and event = 'done'`,
    )
    expect(journalled?.phase).toBe('contract')
    await until(async () => (await fetch(`${older.base}/readyz`)).status === 503)
    // Until then each answer may be from before.
    await until(() => Promise.resolve(answers.includes(503)))
    over.abort()
    await Promise.all(clients)
    expect(new Set(answers)).toEqual(new Set([200, 503]))

    const ready = (await (await fetch(`${older.base}/readyz`)).json()) as { detail: string }
    expect(ready.detail).toMatch(/ahead: this build does not know Migration\d+_takes/)
    await run(newer, databaseTarget(database.url), {
      direction: 'down',
      target: '-1',
      yes: true,
      lose: 'what cannot be kept',
    })
    await untilReady(older)
    expect((await older.call('/projects')).body.items).toMatchObject([{ name: 'before' }])
  } finally {
    expect(await older.stop()).toBe(0)
  }
})

const ROWS = isSoak ? 1_000_000 : 10_000

/** What `create` is asked for, rows of the release before, and what is to be so after the fill and at the end. */
interface Example {
  /** The names of what the older service survives. */
  readonly expands: readonly string[]
  readonly edits: readonly Edit[]
  readonly answers: readonly string[]
  readonly rows: string
  /** Counts rows that differ between the old names and the new ones. */
  readonly differ: string
  /** Counts rows whose values are not kept. */
  readonly lost: string
}

const FILLED = ['change', 'change_backfill']

const EXAMPLES: Readonly<Record<string, Example>> = {
  'a renamed column': {
    expands: FILLED,
    edits: [describeProject('    summary: p.text().nullable(),\n')],
    answers: ['--rename', 'projects.description:summary'],
    rows: `insert into projects (name, description, extraction_schema)
      select 'old ' || n, case when n % 10 > 0 then 'about ' || n end, '{}' from generate_series(1, ${ROWS}) n`,
    differ: 'select count(*)::int as n from projects where description is distinct from summary',
    lost: `select count(*)::int as n from projects where name like 'old %'
      and summary is distinct from case when split_part(name, ' ', 2)::int % 10 > 0 then 'about ' || split_part(name, ' ', 2) end`,
  },
  'a key that is replaced': {
    expands: ['change'],
    edits: [
      ['source.ts', 'sources_project_id_uri_md5_key', 'sources_project_id_group_uri_key'],
      [
        'source.ts',
        `'create unique index "sources_project_id_uri_md5_key" on "sources" ("project_id", md5("uri"))'`,
        `'create unique index "sources_project_id_group_uri_key" on "sources" ("project_id", "source_group", md5("uri"))'`,
      ],
    ],
    answers: [],
    rows: `with p as (insert into projects (name, extraction_schema) values ('old', '{}') returning id)
      insert into sources (project_id, uri, source_group) select id, 'doc:' || n, 'docs' from p, generate_series(1, ${ROWS}) n`,
    // Both keys are there, so that each release finds its own.
    differ: `select 2 - count(*)::int as n from pg_index where indrelid = 'sources'::regclass and indisunique and indisvalid and indexprs is not null`,
    lost: `select ${ROWS} - count(distinct uri)::int as n from sources join projects on projects.id = project_id where name = 'old'`,
  },
  'a text that becomes a reference': {
    expands: FILLED,
    edits: [
      [
        'extraction.ts',
        '    profileUsed: p.text().nullable(),\n',
        `    profile: () => p.manyToOne(Profile).ref().nullable().deleteRule('set null').updateRule('no action').foreignKeyName('extractions_profile_id_fkey').index('idx_extractions_profile'),\n`,
      ],
      [
        'extraction.ts',
        'import { Project } from',
        "import { Profile } from './profile.ts'\nimport { Project } from",
      ],
      ['extraction.ts', "['project', 'profileUsed',", "['project', 'profile',"],
    ],
    answers: [
      '--drop',
      'extractions.profile_used',
      '--fill',
      'extractions.profile_id=(select profiles.id from profiles where profiles.name = profile_used)',
      '--fill',
      'extractions.profile_used=(select profiles.name from profiles where profiles.id = profile_id)',
    ],
    rows: `with p as (insert into projects (name, extraction_schema) values ('old', '{}') returning id),
      s as (insert into sources (project_id, uri, source_group) select id, 'doc:old', 'docs' from p returning id, project_id)
      insert into extractions (project_id, source_id, data, extraction_type, source_group, profile_used, chunk_index)
      select project_id, id, '{}', 'fact', 'docs', (array['pricing', 'security', null])[1 + n % 3], n from s, generate_series(1, ${ROWS}) n`,
    differ: `select count(*)::int as n from extractions left join profiles on profiles.id = profile_id where name is distinct from profile_used`,
    lost: `select count(*)::int as n from extractions left join profiles on profiles.id = profile_id
      where extraction_type = 'fact' and source_group = 'docs' and run_id is null
        and name is distinct from (array['pricing', 'security', null])[1 + chunk_index % 3]`,
  },
}

test.each(briefly(Object.entries(EXAMPLES)))(
  'the older service serves requests and jobs without an error while a change expands and fills rows, and the contract step waits for it: %s',
  { timeout: 900_000, tags: 'long' },
  async (what, { expands, edits, answers: given, rows, differ, lost }) => {
    const config = await newerBuild(what.replaceAll(' ', '-'), ...edits)
    const created = await migrate(['create', 'change', ...given, '--config', config])
    expect([created.exit, created.stderr]).toEqual([0, expect.any(String)])
    const newer = mikroOrmProject(config)
    await using database = await createTestDatabase({ prepare: head })
    await query(database.url, rows)
    const target = databaseTarget(database.url)
    const up = { direction: 'up', target: 'head' } as const
    const older = await startProgram(asApplication(database.url))
    try {
      await untilReady(older)
      const clients = startClients(older)
      const { migrations, waiting } = await run(newer, target, up)
      const names = migrations.map(({ name }) => name.replace(/^Migration\d+_/, ''))
      expect(names.slice(0, 2)).toEqual(expands)
      expect(waiting).toMatchObject([
        { says: expect.stringMatching(/^waits for techfacts-pipeline/) },
      ])
      await expect(run(newer, target, { ...up, contract: true })).rejects.toMatchObject({
        code: 'CONTRACT_NEEDED',
        exit: 3,
      })
      const { answers, jobs } = await clients.stop()
      expect([...answers.keys()].filter((status) => status >= 400)).toEqual([])
      expect(new Set(jobs)).toEqual(new Set(['completed']))
      expect(await query(database.url, differ)).toEqual([{ n: 0 }])
      expect(await older.stop()).toBe(0)
    } finally {
      await older.stop()
    }
    const asked = { ...up, contract: true, contractWait: 5000, yes: true }
    expect((await run(newer, target, asked)).migrations).toHaveLength(1)
    expect(await query(database.url, lost)).toEqual([{ n: 0 }])
  },
)

/** Clients that read and write projects, and one that has documents extracted, until they are stopped. */
function startClients({ call }: Program) {
  const over = new AbortController()
  const answers = new Map<number, number>()
  const jobs: string[] = []
  const count = (status: number) => answers.set(status, (answers.get(status) ?? 0) + 1)
  const work = async (client: number) => {
    for (let n = 0; !over.signal.aborted; n += 1) {
      count((await call('/projects?limit=5')).status)
      const made = await call('/projects', { name: `new ${client} ${n}`, description: `of ${n}` })
      count(made.status)
      count((await call(`/projects/${made.body.id}`)).status)
    }
  }
  const extract = async () => {
    for (let n = 0; n === 0 || !over.signal.aborted; n += 1) {
      const project = await createProject(call, `read ${n}`, ['The plan costs $5 a month.'])
      const { status, body } = await call(`/projects/${project.id}/extract`, { profile: 'pricing' })
      count(status)
      jobs.push((await finished(call, body.job_id)).status)
    }
  }
  const all = Promise.all([work(1), work(2), extract()])
  return {
    stop: async () => {
      over.abort()
      await all
      return { answers, jobs }
    },
  }
}
