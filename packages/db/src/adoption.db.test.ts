import { briefly, createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'

import {
  adopted,
  DECIDE_A,
  DECIDE_B,
  generationA,
  generationB,
  planned,
  project,
} from './testing/adopt.ts'
import { account, everything, images } from './testing/account.ts'
import { differences, readSchema, rows } from './testing/database.ts'
import { head } from './testing/migrate.ts'
import { migrationNames } from './migration-names.ts'

test.each(
  briefly([
    ['A', generationA, DECIDE_A],
    ['B', generationB, DECIDE_B],
  ] as const),
)(
  'generation %s comes to head, and every row is kept, moved or quarantined',
  async (generation, prepare, decide) => {
    await using database = await createTestDatabase({ prepare })
    await using fresh = await createTestDatabase({ prepare: head })
    const before = await images(database.url)
    const found = await planned(database.url, decide)
    expect(found.plan.match).toMatchObject({
      kind: 'known',
      schema: { name: `generation ${generation}` },
    })
    const result = await adopted(database.url, decide)

    expect(differences(await readSchema(database.url), await readSchema(fresh.url))).toEqual([])
    expect(
      (await rows(database.url, 'select name from mikro_orm_migrations order by id')).map(
        ({ name }) => name,
      ),
    ).toEqual(migrationNames)
    const { lost, text } = await account(database.url, before)
    expect(lost).toEqual([])
    await expect(text).toMatchFileSnapshot(`fixtures/account-${generation.toLowerCase()}.txt`)
    // What is kept for users is in the account; the run says so too.
    expect(result.run.kept).toEqual(
      ['security', 'general'].map((key) => ({ table: 'profiles', key, reason: 'own-row' })),
    )
  },
)

test.each(
  briefly([
    ['A', generationA, DECIDE_A],
    ['B', generationB, DECIDE_B],
  ] as const),
)(
  'nothing of generation %s changes while a decision is missing',
  async (_generation, prepare, decide) => {
    await using database = await createTestDatabase({ prepare })
    const was = await everything(database.url)
    const { plan } = await planned(database.url)
    // Each of them is needed, and together they are enough.
    expect(decide.map((text) => text.slice(0, text.indexOf('=')))).toEqual(
      expect.arrayContaining(plan.problems.map(({ name }) => name)),
    )
    for (const missing of [decide.slice(1), decide.slice(0, -1), []]) {
      await expect(adopted(database.url, missing)).rejects.toMatchObject({
        code: 'DECISIONS_MISSING',
        exit: 3,
      })
    }
    expect(await everything(database.url)).toEqual(was)
  },
)

test(
  'a decision that leaves a row over is not enough, and one about nothing is a mistake',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase({ prepare: generationB })
    const others = DECIDE_B.filter((text) => !text.startsWith('extractions.project_id'))
    const parentOnly = await planned(database.url, [
      ...others,
      'extractions.project_id:null=parent',
    ])
    expect(parentOnly.plan.problems.filter(({ unrepaired }) => unrepaired > 0)).toMatchObject([
      { name: 'extractions.project_id:null', count: 3, unrepaired: 1 },
    ])
    const wrongWord = await planned(database.url, [...DECIDE_B, 'profiles.depth:word=set=deep'])
    expect(wrongWord.plan.problems.filter(({ unrepaired }) => unrepaired > 0)).toMatchObject([
      { name: 'profiles.depth:word', unrepaired: 1 },
    ])
    await expect(
      planned(database.url, ['sorces.project_id:null=placeholder']),
    ).rejects.toMatchObject({
      code: 'DECISION_UNKNOWN',
      exit: 2,
    })
    await expect(planned(database.url, ['jobs.status:null=clamp'])).rejects.toMatchObject({
      code: 'CHOICE_UNKNOWN',
      exit: 2,
    })
  },
)

test('a decision may cover many problems, and one that names a problem goes before it', async () => {
  await using database = await createTestDatabase({ prepare: generationB })
  const { plan } = await planned(database.url, ['reports.format:null=set=html', '*:null=default'])
  const decided = plan.problems.filter(({ decision }) => decision !== undefined)
  expect(decided.filter(({ decision }) => decision !== 'default')).toMatchObject([
    { name: 'reports.format:null', decision: 'set=html' },
  ])
  expect(decided).toHaveLength(33)
  await expect(planned(database.url, ['*:nul=default'])).rejects.toMatchObject({
    code: 'DECISION_UNKNOWN',
  })
})

test('whatever the migrations refuse is a problem with choices, with the same count', async () => {
  await using database = await createTestDatabase({ prepare: generationB })
  const { plan } = await planned(database.url)
  const loaded = await project.load()
  await using _ = { [Symbol.asyncDispose]: () => loaded.close() }
  const refused: Record<string, number> = {}
  for (const { migration } of loaded.migrations.slice(1)) {
    for (const { query } of migration.requires) {
      const [counts] = await rows(database.url, query)
      for (const [subject, count] of Object.entries(counts ?? {})) {
        if (typeof count === 'boolean' || Number(count) === 0) continue
        const about = migration.name.includes('required') ? 'null' : 'check'
        refused[`${subject} ${about}`] = Number(count)
      }
    }
  }
  expect(Object.keys(refused)).toHaveLength(47)
  const doubles = plan.problems.find(({ name }) => name === 'sources_project_id_uri_key:duplicate')
  expect(refused['sources.uri check']).toBe(doubles?.count)
  delete refused['sources.uri check']
  const found = plan.problems.flatMap(({ kind, table, columns: [column], count }) =>
    kind === 'duplicate' ? [] : [[`${table.replace('public.', '')}.${column} ${kind}`, count]],
  )
  expect(Object.fromEntries(found)).toEqual(refused)
  for (const { options } of plan.problems) expect(options.length).toBeGreaterThan(1)
})
