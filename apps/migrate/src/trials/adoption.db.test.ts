import { databaseTarget, run } from '@techfacts/migrator'
import { catalogAfter, readSchema } from '@techfacts/migrator/testing'
import { diffCatalogs, serializeCatalog } from '@techfacts/migrator/catalog'
import { createTestDatabase, isSoak, type TestDatabase } from '@techfacts/postgres/testing'
import {
  inParallel,
  listMoments,
  oneOfEach,
  randomFrom,
  recordMessages,
  sample,
  stopAt,
  type StopPoint,
} from '@techfacts/trials'
import { readFile } from 'node:fs/promises'
import { expect, inject, test } from 'vitest'
import { emptyAgain, query } from './chain.ts'
import { orphans } from './facts.ts'
import { journalProblems } from './journal.ts'
import { adopting, adoptShop, prepareShop, shop } from './shop.ts'

/** In `test` a sample, which its seed brings back; in `soak` every point. */
const seed = Number(process.env.TRIAL_SEED ?? Math.floor(Math.random() * 2 ** 31))
const random = randomFrom(seed)
const server = `PostgreSQL ${inject('postgresMajor') ?? 'as given'}`
const SAMPLE = { cut: 12, kill: 3 } as const
const WIDTH = 4
const TIMEOUT_MS = 4 * 3_600_000

const NAMES: readonly string[] = JSON.parse(
  await readFile(shop.manifestPath, 'utf8'),
).migrations.map(({ name }: { name: string }) => name)

test('the catalogs that the shop is adopted by are those of its statements', async () => {
  await using legacy = await createTestDatabase({ prepare: prepareShop })
  await expect(serializeCatalog(await readSchema(legacy.url))).toMatchFileSnapshot(
    'fixtures/shop/catalogs/release-0.9.jsonl',
  )
  await using database = await createTestDatabase()
  for (const target of NAMES) {
    await run(shop, databaseTarget(database.url), { direction: 'up', target })
    const expected = (await catalogAfter(shop, target)) ?? { objects: [] }
    expect(diffCatalogs(await readSchema(database.url), expected)).toEqual([])
  }
})

for (const how of ['kill', 'cut'] as const) {
  test(
    `a ${how} during an adoption: the same command comes to the end, each row once`,
    { timeout: TIMEOUT_MS, tags: 'long' },
    async () => {
      const { messages, facts } = await undisturbed()
      const all = oneOfEach(listMoments(messages), random).map((moment): StopPoint => ({
        how,
        ...moment,
      }))
      const points = isSoak ? all : sample(all, SAMPLE[how], random)
      const started = performance.now()
      const wrong = await tryAll(points, facts)
      const seconds = Math.round((performance.now() - started) / 1000)
      console.log(
        `${server}, ${how} during an adoption: ${points.length} of ${all.length} points around ` +
          `${messages.length} messages in ${seconds} s${isSoak ? '' : `, TRIAL_SEED=${seed}`}`,
      )
      expect(wrong).toEqual([])
    },
  )
}

async function undisturbed() {
  await using database = await createTestDatabase({ prepare: prepareShop })
  const messages = await recordMessages(database.url, adopting)
  const facts = await readShop(database.url)
  expect(facts).toEqual(ADOPTED)
  return { messages, facts }
}

/** Each row of the old shop, where it is now; the seeded and the adopted customer once. */
const ADOPTED = [
  'customer adopted',
  'customer one',
  'customer seeded',
  'ledger Migration20260201000001_first',
  'ledger Migration20260201000002_require',
  'ledger Migration20260201000003_index',
  'line 1 of purchase 1',
  'line 3 of purchase 3',
  'purchase 1: one, 1, open',
  'purchase 3: adopted, 7, open',
  'quarantine public.line 2 {"purchase_customer_id_code_key:duplicate"}',
  'quarantine public.line 4 {"purchase_customer_id_code_key:duplicate"}',
  'quarantine public.line 5 {"purchase.state:word"}',
  'quarantine public.purchase 2 {"purchase_customer_id_code_key:duplicate"}',
  'quarantine public.purchase 4 {"purchase_customer_id_code_key:duplicate"}',
  'quarantine public.purchase 5 {"purchase.state:word"}',
]

async function readShop(url: string): Promise<string[]> {
  const rows = await query(
    url,
    `select * from (
       select format('customer %s', name) as fact from customer
       union all select format('purchase %s: %s, %s, %s', p.id, c.name, code, state) from purchase p join customer c on c.id = customer_id
       union all select format('line %s of purchase %s', id, purchase_id) from line
       union all select format('ledger %s', name) from mikro_orm_migrations
       union all select format('quarantine %s %s {%s}', relation, row->>'id', to_json(problem)) from migrator.quarantine
     ) as facts order by fact collate "C"`,
  )
  return rows.map(({ fact }) => String(fact))
}

async function tryAll(points: readonly StopPoint[], facts: readonly string[]): Promise<string[]> {
  const wrong: string[] = []
  await using databases = new AsyncDisposableStack()
  const free: TestDatabase[] = []
  for (let i = 0; i < WIDTH; i += 1) free.push(databases.use(await createTestDatabase()))
  await inParallel(points, WIDTH, async (point) => {
    const database = free.pop()
    if (!database) throw new Error('There are fewer databases than workers.')
    const problems = await tryOne(database.url, point, facts).catch((error: unknown) => [
      String(error),
    ])
    if (problems.length > 0) wrong.push(`${JSON.stringify(point)}\n  ${problems.join('\n  ')}`)
    free.push(database)
  })
  return wrong
}

/** After an adoption that was stopped: the same again, and what is not as if nothing had happened. */
async function tryOne(url: string, point: StopPoint, facts: readonly string[]): Promise<string[]> {
  await emptyAgain(url)
  await prepareShop(url)
  await stopAt(url, adopting, point)
  await adoptShop(url)
  const found = await readShop(url)
  const [ends] = await query(
    url,
    `select count(*) filter (where event = 'adopted')::int as adopted,
            count(*) filter (where event = 'done' and migration = 'adoption')::int as baselines,
            count(*) filter (where event = 'seeded')::int as seeded from migrator.history`,
  )
  return [
    ...facts.filter((fact) => !found.includes(fact)).map((fact) => `missing: ${fact}`),
    ...found.filter((fact) => !facts.includes(fact)).map((fact) => `surplus: ${fact}`),
    ...(found.length === facts.length ? [] : ['something is there twice']),
    ...(await journalProblems(url, 'up', NAMES)).filter((line) => !line.includes('adoption')),
    ...(JSON.stringify(ends) === JSON.stringify({ adopted: 1, baselines: 1, seeded: 1 })
      ? []
      : [JSON.stringify(ends)]),
    ...(await orphans(url)).map((row) => `orphan ${JSON.stringify(row)}`),
  ]
}
