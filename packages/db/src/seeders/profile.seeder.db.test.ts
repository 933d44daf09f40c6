import { createHash } from 'node:crypto'

import { MikroORM, type EntityManager } from '@mikro-orm/postgresql'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'

import { ormOptions } from '../orm-options.ts'
import { rows } from '../testing/database.ts'
import { head } from '../testing/migrate.ts'
import { DatabaseSeeder } from './database.seeder.ts'
import { BUILT_IN, type BuiltInProfile, seedProfile } from './profile.seeder.ts'

const SEEDED = [
  [
    'api_docs',
    'detailed',
    '{endpoints,authentication,rate_limits,sdks,versioning}',
    'API endpoints, authentication methods, rate limits, SDK availability',
  ],
  [
    'general',
    'summary',
    '{general,features,technical,integration}',
    'General technical facts, features, integrations',
  ],
  [
    'pricing',
    'detailed',
    '{pricing,tiers,limits,features}',
    'Pricing tiers, feature inclusions, usage limits',
  ],
  [
    'security',
    'comprehensive',
    '{certifications,compliance,encryption,audit,access_control}',
    'Security certifications, compliance standards, encryption methods',
  ],
  [
    'technical_specs',
    'detailed',
    '{specs,hardware,requirements,compatibility,performance}',
    'Hardware specifications, system requirements, supported platforms, performance metrics',
  ],
].map(([name, depth, categories, prompt_focus]) => ({
  name,
  depth,
  categories,
  prompt_focus,
  custom_instructions: null,
  is_builtin: true,
}))

test('seeds the five profiles once', async () => {
  await using database = await createTestDatabase({ prepare: head })
  expect(await seed(database.url)).toEqual(outcomes('inserted'))
  expect(await profiles(database.url)).toEqual(SEEDED)

  const before = await rows(database.url, 'select * from profiles')
  expect(await seed(database.url)).toEqual(outcomes('unchanged'))
  expect(await rows(database.url, 'select * from profiles')).toEqual(before)
})

test('inserts what is missing and touches nothing beside it', async () => {
  await using database = await createTestDatabase({ prepare: head })
  await seed(database.url)
  await rows(
    database.url,
    `delete from profiles where name = 'pricing';
     insert into profiles (name, categories, prompt_focus, depth, custom_instructions) values ('my own', '{x}', 'y', 'summary', 'z')`,
  )
  expect(await seed(database.url)).toContain('profile pricing: inserted')
  expect((await profiles(database.url)).filter(({ name }) => name !== 'my own')).toEqual(SEEDED)
  expect(await profiles(database.url)).toHaveLength(6)
})

test.for([
  ['its text', `update profiles set prompt_focus = 'mine' where name = 'security'`],
  ['its depth', `update profiles set depth = 'summary' where name = 'security'`],
  ['its categories', `update profiles set categories = '{mine}' where name = 'security'`],
  ['its instructions', `update profiles set custom_instructions = 'mine' where name = 'security'`],
] as const)('leaves a built-in alone where a user edited %s', async ([, edit]) => {
  await using database = await createTestDatabase({ prepare: head })
  await seed(database.url)
  await rows(database.url, edit)
  const edited = await rows(database.url, `select * from profiles where name = 'security'`)

  expect(await seed(database.url)).toContain('profile security: left alone, a user edited it')
  expect(await rows(database.url, `select * from profiles where name = 'security'`)).toEqual(edited)
})

test('leaves a profile of a user alone that has the name of a built-in', async () => {
  await using database = await createTestDatabase({ prepare: head })
  await rows(
    database.url,
    `insert into profiles (name, categories, prompt_focus, depth, is_builtin) values ('general', '{mine}', 'mine', 'detailed', false)`,
  )
  const own = await rows(database.url, 'select * from profiles')
  expect(await seed(database.url)).toContain(
    'profile general: left alone, a user has a profile of that name',
  )
  expect(await rows(database.url, `select * from profiles where name = 'general'`)).toEqual(own)
})

test.for([
  [
    'a built-in that holds an earlier text of ours',
    true,
    'old',
    'new',
    'updated, its text was an earlier one of ours',
  ],
  ['a built-in that a user edited', true, 'mine', 'mine', 'left alone, a user edited it'],
  [
    'a profile of a user with that very text',
    false,
    'old',
    'old',
    'left alone, a user has a profile of that name',
  ],
] as const)('%s: %o, %s becomes %s', async ([, isBuiltin, text, becomes, outcome]) => {
  await using database = await createTestDatabase({ prepare: head })
  await rows(
    database.url,
    `insert into profiles (name, categories, prompt_focus, depth, is_builtin, custom_instructions, updated_at)
     values ('p', '{mine}', $1, 'summary', $2, 'mine', '2000-01-01')`,
    [text, isBuiltin],
  )
  const builtIn: BuiltInProfile = {
    name: 'p',
    depth: 'detailed',
    categories: ['a'],
    promptFocus: 'new',
    earlier: ['other', 'old'].map(md5),
  }
  expect(await inTransaction(database.url, (em) => seedProfile(em, builtIn))).toBe(outcome)
  expect(await rows(database.url, PROFILES)).toEqual([
    {
      name: 'p',
      depth: 'summary',
      categories: '{mine}',
      prompt_focus: becomes,
      custom_instructions: 'mine',
      is_builtin: isBuiltin,
    },
  ])
  const [moved] = await rows(
    database.url,
    `select updated_at > '2000-01-01' as moved from profiles`,
  )
  expect(moved).toEqual({ moved: becomes !== text })
})

test('knows the texts of the legacy init.sql, by their md5', () => {
  expect(Object.fromEntries(BUILT_IN.map(({ name, earlier }) => [name, earlier]))).toEqual({
    technical_specs: ['ecfed7fa36aaea03cd56a3acd7842319'],
    api_docs: ['9f325add9f3ca8f697d77274eaf1cbf5'],
    security: ['2daa8c98c5d7329e008b4df85c68f574'],
    pricing: ['3b7804822eccb7c2a8dade86d644543c'],
    general: ['9a6e209175fbe1c88437f9a3bd290e8b'],
  })
  const ours = BUILT_IN.filter(({ promptFocus, earlier }) => earlier.includes(md5(promptFocus)))
  expect(ours, 'a text that replaces itself is never unchanged').toEqual([])
})

test('eight seeders at once end like one', async () => {
  await using database = await createTestDatabase({ prepare: head })
  const reports = await Promise.all(Array.from({ length: 8 }, async () => seed(database.url)))
  expect(await profiles(database.url)).toEqual(SEEDED)
  expect(reports.flat().filter((line) => line.endsWith('inserted'))).toHaveLength(5)
})

test('what fails later in the transaction takes the seeds back', async () => {
  await using database = await createTestDatabase({ prepare: head })
  const failing = inTransaction(database.url, async (em) => {
    await new DatabaseSeeder().run(em, { report: [] })
    throw new Error('later')
  })
  await expect(failing).rejects.toThrow('later')
  expect(await profiles(database.url)).toEqual([])
})

const PROFILES = `select name, depth, categories::text, prompt_focus, custom_instructions, is_builtin from profiles order by name`

const profiles = async (url: string) => rows(url, PROFILES)

const outcomes = (outcome: string) => BUILT_IN.map(({ name }) => `profile ${name}: ${outcome}`)

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

/** Seeds as the migrate step does, and returns what the seeders report. */
async function seed(url: string): Promise<string[]> {
  const report: string[] = []
  await inTransaction(url, (em) => new DatabaseSeeder().run(em, { report }))
  return report
}

async function inTransaction<T>(url: string, work: (em: EntityManager) => Promise<T>): Promise<T> {
  const orm = await MikroORM.init(ormOptions(url))
  try {
    return await orm.em.transactional(work)
  } finally {
    await orm.close()
  }
}
