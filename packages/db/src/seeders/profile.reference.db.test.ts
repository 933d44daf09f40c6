import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'

import { rows } from '../testing/database.ts'
import { head, seed, shipped } from '../testing/migrate.ts'
import { builtInProfiles } from './profile.reference.ts'

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

const NAMES = ['technical_specs', 'api_docs', 'security', 'pricing', 'general']

test('ships the five profiles once; what a user made, edited or deleted stays, and is reported', async () => {
  await using database = await createTestDatabase({ prepare: head })
  const { url } = database
  expect(await seed(url)).toEqual(NAMES.map((name) => `profiles ${name}: inserted`))
  expect(await profiles(url)).toEqual(SEEDED)

  const before = await rows(url, 'select xmin, * from profiles')
  expect(await seed(url)).toEqual([])
  expect(await rows(url, 'select xmin, * from profiles')).toEqual(before)

  await rows(
    url,
    `delete from profiles where name = 'pricing';
     insert into profiles (name, categories, prompt_focus, depth, custom_instructions) values ('my own', '{x}', 'y', 'summary', 'z');
     update profiles set prompt_focus = 'mine' where name = 'security';
     update profiles set custom_instructions = 'mine' where name = 'api_docs'`,
  )
  const edited = await rows(
    url,
    `select * from profiles where name in ('security', 'api_docs', 'my own')`,
  )
  expect(await seed(url, 'always')).toEqual([
    'profiles pricing: inserted',
    'profiles api_docs: custom_instructions was edited, and stays',
    'profiles security: prompt_focus was edited, and stays',
  ])
  expect(
    await rows(url, `select * from profiles where name in ('security', 'api_docs', 'my own')`),
  ).toEqual(edited)
})

test('of a database that another tool seeded, an untouched legacy row is brought up to date, and no other', async () => {
  await using database = await createTestDatabase({ prepare: head })
  const { url } = database
  const [{ earlier = [] }] = [builtInProfiles]
  expect(earlier.map(({ name, promptFocus }) => [name, promptFocus])).toEqual([
    ['technical_specs', { md5: 'ecfed7fa36aaea03cd56a3acd7842319' }],
    ['api_docs', { md5: '9f325add9f3ca8f697d77274eaf1cbf5' }],
    ['security', { md5: '2daa8c98c5d7329e008b4df85c68f574' }],
    ['pricing', { md5: '3b7804822eccb7c2a8dade86d644543c' }],
    ['general', { md5: '9a6e209175fbe1c88437f9a3bd290e8b' }],
  ])
  await rows(
    url,
    `insert into profiles (name, categories, prompt_focus, depth, is_builtin, custom_instructions) values
       ('general', '{general,features,technical,integration}', 'General technical facts, features, integrations', 'summary', true, null),
       ('pricing', '{pricing,tiers,limits,features}', 'mine', 'detailed', true, null),
       ('security', '{certifications,compliance,encryption,audit,access_control}',
        'Security certifications, compliance standards, encryption methods', 'comprehensive', false, null)`,
  )
  const there = await rows(url, 'select * from profiles')
  const OWN = 'a row with this key was there, and is not one that was shipped; it stays'
  expect(await seed(url)).toEqual([
    'profiles technical_specs: inserted',
    'profiles api_docs: inserted',
    `profiles security: ${OWN}`,
    `profiles pricing: ${OWN}`,
  ])
  expect(
    await rows(url, `select * from profiles where name in ('general', 'pricing', 'security')`),
  ).toEqual(there)
})

test('an entity’s properties are its columns, and an update moves what its entity moves', async () => {
  const [table] = await shipped()
  expect(table).toMatchObject({
    table: 'profiles',
    key: ['name'],
    onUpdate: { updated_at: 'clock_timestamp()' },
  })
  expect(table?.rows.find(({ name }) => name === 'pricing')).toEqual({
    name: 'pricing',
    depth: 'detailed',
    categories: '{"pricing","tiers","limits","features"}',
    prompt_focus: 'Pricing tiers, feature inclusions, usage limits',
    custom_instructions: null,
    is_builtin: 'true',
  })
})

const profiles = async (url: string) =>
  rows(
    url,
    'select name, depth, categories::text, prompt_focus, custom_instructions, is_builtin from profiles order by name',
  )
