import {
  databaseTarget,
  grantApplicationRole,
  run,
  type RunEvent,
  type RunRequest,
} from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { createTestDatabase, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { printDatabase } from '../testing/database-print.ts'
import { query } from '../testing/query.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

let project: ScratchProject
let database: TestDatabase

beforeAll(async () => {
  project = await scratchProject({
    Migration1_tables: {
      up: [
        'create table jobs (id int primary key, status text)',
        'create table log (at timestamptz) partition by range (at)',
        'create materialized view counts as select count(*) from jobs with no data',
        `create table log_1 partition of log for values from ('2026-01-01') to ('2026-02-01')`,
      ],
      down: ['drop table log', 'drop materialized view counts', 'drop table jobs'],
    },
    Migration2_status: {
      up: ['create index jobs_status on jobs (status)', 'create table extra (n int)'],
      down: ['drop table extra', 'drop index jobs_status'],
    },
    Migration3_never: { up: ['select 1 / 0'], down: ['select 1'] },
  })
})

afterAll(() => project.drop())

beforeEach(async () => {
  database = await createTestDatabase({ prepare: tables })
})

afterEach(() => database.drop())

async function tables(url: string): Promise<void> {
  const request = { direction: 'up', target: 'Migration1' } as const
  await run(mikroOrmProject(project.config), databaseTarget(url), request)
}

/** Runs in this process; returns what it reported of the schema. */
async function up(target: string, more: Partial<RunRequest> = {}) {
  const drifts: Extract<RunEvent, { type: 'drift' }>[] = []
  const onEvent = (event: RunEvent) => void (event.type === 'drift' && drifts.push(event))
  const request = { direction: 'up', target, ...more } as const
  await run(mikroOrmProject(project.config), databaseTarget(database.url, { onEvent }), request)
  return drifts.flatMap(({ differences }) =>
    differences.map(({ what, kind, identity }) => `${what} ${kind} ${identity}`),
  )
}

const sql = (text: string) => query<Record<string, unknown>>(database.url, text)

async function stopAtTables(name: string): Promise<void> {
  if (name === 'Migration1_tables') throw new Error('stop')
}

const left = async () =>
  await sql(
    `select migration, fingerprint from migrator.history where event = 'schema-recorded' order by id`,
  )

describe('a change by hand', () => {
  test.each([
    [
      'structure',
      'alter table jobs alter status type varchar',
      'changed column public.jobs.status',
    ],
    [
      'structure, missing',
      'alter table jobs drop column status',
      'missing column public.jobs.status',
    ],
    [
      'structure, beside what is ours',
      'alter table jobs add note text',
      'extra column public.jobs.note',
    ],
    [
      'integrity',
      'alter table jobs add check (id > 0)',
      'extra constraint public.jobs.jobs_id_check',
    ],
    [
      'behaviour',
      `alter table jobs alter status set default 'x'`,
      'changed column public.jobs.status',
    ],
    ['speed', 'create index by_hand on jobs (status)', 'extra index public.by_hand'],
    ['in the way of what is pending', 'create table extra (n text)', 'extra table public.extra'],
  ])(
    '%s: refused before anything is applied, with the difference',
    async (_, change, difference) => {
      await sql(change)
      const before = await printDatabase(database.url)
      const error: unknown = await up('Migration2').catch((e) => e)
      expect(error).toMatchObject({ code: 'DRIFT', exit: 6 })
      const [what, kind, identity] = difference.split(' ')
      expect(String(error)).toMatch(new RegExp(`${what} +${kind} ${identity}`))
      expect(await printDatabase(database.url)).toBe(before)
    },
  )

  test.each(
    briefly([
      ['access', 'grant select on jobs to public', 'changed table public.jobs'],
      ['storage', 'alter table jobs set (fillfactor = 70)', 'changed table public.jobs'],
      ['cosmetic', `comment on table jobs is 'x'`, 'changed table public.jobs'],
      ['of something that is nobody’s', 'create table theirs (n int)', 'extra table public.theirs'],
      [
        'rows in a materialized view',
        'refresh materialized view counts',
        'changed materialized-view public.counts',
      ],
    ]),
  )(
    '%s: reported, and the run goes on; the next one says nothing',
    async (_, change, difference) => {
      await sql(change)
      expect(await up('Migration2')).toEqual([difference])
      expect(await up('Migration2')).toEqual([])
    },
  )

  test('to what somebody has put beside what is ours is theirs, for good', async () => {
    await sql('create table theirs (n int)')
    expect(await up('Migration1')).toEqual(['extra table public.theirs'])
    expect(await up('Migration2')).toEqual(['extra table public.theirs'])
    for (const change of ['alter table theirs add m int', 'drop table theirs']) {
      await sql(change)
      // As far as the migration that cannot be applied.
      await expect(up('head')).rejects.toMatchObject({ code: 'STATEMENT_FAILED' })
    }
  })

  test('goes on with a reason, which is journalled with what differed', async () => {
    await sql('alter table jobs add note text')
    await up('Migration2', { allowDrift: 'a column for the audit' })
    expect(
      await sql(`select note, facts from migrator.history where event = 'drift-allowed'`),
    ).toEqual([
      {
        note: 'a column for the audit',
        facts: [{ kind: 'column', identity: 'public.jobs.note', what: 'extra', properties: [] }],
      },
    ])
    expect(await up('Migration2')).toEqual([])
  })

  test('with nothing pending is reported until it is allowed', async () => {
    await sql('alter table jobs add note text')
    const difference = 'extra column public.jobs.note'
    expect(await up('Migration1')).toEqual([difference])
    expect(await up('Migration1', { allowDrift: 'wanted' })).toEqual([difference])
    expect(await up('Migration1')).toEqual([])
  })

  test('on the way down is reported, and is drift for the next run as well', async () => {
    await up('Migration2')
    await sql(
      'alter table jobs add note text; drop index jobs_status; create index jobs_status on jobs (status desc)',
    )
    const note = 'extra column public.jobs.note'
    expect(await up('Migration1', { direction: 'down' })).toContain(note)
    // What the run took away is no drift any more.
    expect(await up('Migration1')).toEqual([note])
    await expect(up('Migration2')).rejects.toMatchObject({ code: 'DRIFT' })
  })

  test('that a caller wants reported only is drift for the next run as well', async () => {
    await sql('alter table jobs add note text')
    const note = 'extra column public.jobs.note'
    expect(await up('Migration2', { drift: 'report' })).toEqual([note])
    expect(await up('Migration2')).toEqual([note])
  })

  test.each(
    briefly([
      ['comment on table jobs is $$by hand$$', 'changed table public.jobs'],
      ['create table theirs (n int)', 'extra table public.theirs'],
    ]),
  )('is not accepted by a run that applies something and fails: %s', async (change, difference) => {
    await sql(change)
    await expect(up('head')).rejects.toMatchObject({ code: 'STATEMENT_FAILED' })
    expect(await up('Migration2')).toEqual([difference])
  })

  test.each(
    briefly([
      ['alter table jobs add note text', 'extra column public.jobs.note'],
      ['drop materialized view counts', 'missing materialized-view public.counts'],
    ]),
  )('is not accepted by a run that reverts something and fails: %s', async (change, difference) => {
    await up('Migration2')
    await sql(change)
    const down = { direction: 'down', beforeEach: stopAtTables } as const
    await expect(up('base', down)).rejects.toThrow('stop')
    expect(await up('Migration1')).toEqual([difference])
    await expect(up('base', { ...down, allowDrift: 'wanted' })).rejects.toThrow('stop')
    expect(await up('Migration1')).toEqual([])
  })
})

describe('what is no change by hand', () => {
  test('a run that failed leaves what it did as what is expected', async () => {
    await expect(up('head')).rejects.toMatchObject({ code: 'STATEMENT_FAILED' })
    expect((await left()).map(({ migration }) => migration)).toEqual([
      'Migration1_tables',
      'Migration2_status',
    ])
    await expect(up('head')).rejects.toMatchObject({ code: 'STATEMENT_FAILED' })
    await sql('drop index jobs_status')
    await expect(up('head')).rejects.toMatchObject({ code: 'DRIFT' })
  })

  test('an interrupted run, whose work nobody has looked at; it is known again afterwards', async () => {
    await sql(
      `insert into migrator.history (run, event) values (gen_random_uuid(), 'blocker-ended')`,
    )
    await sql('create index by_hand on jobs (status)')
    expect(await up('Migration1')).toEqual([])
    expect(await left()).toHaveLength(2)
    await sql('drop index by_hand')
    expect(await up('Migration1')).toEqual(['missing index public.by_hand'])
  })

  test.each(
    briefly([
      `create table log_2 partition of log for values from ('2026-02-01') to ('2026-03-01')`,
      'drop table log_1',
    ]),
  )('a partition that comes or goes: %s', async (change) => {
    await sql(change)
    expect(await up('Migration2')).toEqual([])
  })

  test('what `grant` gives', async () => {
    const role = `drift_${process.pid}`
    try {
      await grantApplicationRole(databaseTarget(database.url), role, undefined)
      expect(await up('Migration1')).toEqual([])
      await sql('grant truncate on jobs to public')
      await grantApplicationRole(databaseTarget(database.url), role, undefined)
      expect(await up('Migration1')).toEqual(['changed table public.jobs'])
    } finally {
      await sql(`drop owned by ${role}; drop role ${role}`)
    }
  })

  test('a schema that another version read in another way', async () => {
    await sql(
      `insert into migrator.history (run, event, fingerprint) values (gen_random_uuid(), 'schema-recorded', 'c0:1')`,
    )
    expect(await up('Migration2')).toEqual([])
    expect((await left()).at(-1)?.fingerprint).toMatch(/^c2:/)
  })
})

async function cli(...args: string[]) {
  return migrate([...args, '--config', project.config], { DATABASE_URL: database.url })
}

test('the program warns on standard error, refuses with what to run, and takes a reason', async () => {
  await sql('alter table jobs add note text')
  const refused = await cli('up', 'Migration2')
  expect([refused.exit, refused.stderr]).toEqual([
    6,
    expect.stringMatching(/extra +column public\.jobs\.note: text[\s\S]*--allow-drift WHY/),
  ])
  expect((await cli('up', 'Migration2', '--allow-drift', '')).exit).toBe(2)
  const allowed = await cli('up', 'Migration2', '--allow-drift', 'the audit', '--json')
  expect([allowed.exit, allowed.stderr]).toEqual([0, ''])
  expect(JSON.parse(allowed.stdout).drift).toMatchObject([{ identity: 'public.jobs.note' }])
})
