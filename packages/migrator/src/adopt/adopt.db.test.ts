import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { check } from '../inspect/check.ts'
import { status } from '../inspect/status.ts'
import { run } from '../run/index.ts'
import { withConnection } from '../session/connect.ts'
import { databaseTarget } from '../session/database-target.ts'
import { readRows, readSchema } from '../testing/database.ts'
import { query } from '../testing/query.ts'
import {
  LEGACY_DECISIONS,
  legacyProject,
  MIGRATION_NAMES,
  prepareLegacy,
} from '../testing/legacy-project.ts'
import { adopt, parseDecisions, planAdoption } from './index.ts'
import { readReconciliation, writeReconciliation } from './reconciliation.ts'

let project: Awaited<ReturnType<typeof legacyProject>>
let database: TestDatabase

beforeAll(async () => {
  project = await legacyProject()
})

afterAll(() => project.drop())

beforeEach(async () => {
  database = await createTestDatabase({ prepare: prepareLegacy })
})

afterEach(() => database.drop())

const sql = (text: string) => query<Record<string, unknown>>(database.url, text)

async function plan(decisions: readonly string[], of = project) {
  const request = { decisions: parseDecisions(decisions) }
  return (await planAdoption(of, databaseTarget(database.url), request)).plan
}

async function adoptIt(decisions: readonly string[]) {
  const request = { decisions: parseDecisions(decisions) }
  const found = await planAdoption(project, databaseTarget(database.url), request)
  return adopt(project, databaseTarget(database.url), request, found.plan)
}

test('a legacy database comes to head: each row is kept, repaired as decided, or in quarantine', async () => {
  const rows = await readRows(database.url)
  const { match, problems } = await plan(LEGACY_DECISIONS)
  expect(match).toMatchObject({ kind: 'known', schema: { name: 'release 0.9' } })
  expect(problems.map(({ name, count, unrepaired }) => `${name} ${count} ${unrepaired}`)).toEqual([
    'purchase.customer_id:null 1 0',
    'purchase.state:null 1 0',
    'purchase.discount:range 3 0',
    'purchase.state:word 1 0',
    'purchase_key:duplicate 1 0',
  ])
  // A plan changes nothing.
  expect(await readRows(database.url)).toEqual(rows)
  expect(await adoptIt(LEGACY_DECISIONS)).toMatchObject({
    knownSchema: 'release 0.9',
    recorded: ['Migration1_first'],
  })
  expect(
    await sql(`select p.id, c.name, code, state, discount::text from purchase p join customer c on c.id = customer_id
                order by p.id`),
  ).toEqual([
    { id: 1, name: 'one', code: 'a', state: 'open', discount: '10' },
    { id: 3, name: 'unknown', code: 'b', state: 'paid', discount: null },
    { id: 4, name: 'one', code: 'c', state: 'open', discount: '0' },
    { id: 5, name: 'one', code: 'd', state: 'paid', discount: '100' },
    { id: 6, name: 'one', code: 'e', state: 'paid', discount: '100' },
    { id: 7, name: 'one', code: 'f', state: 'paid', discount: null },
    { id: 8, name: 'one', code: 'g', state: 'paid', discount: '0' },
  ])
  expect(
    await sql(
      `select relation, row->>'id' as id, problem, along_with from migrator.quarantine order by id`,
    ),
  ).toEqual([
    { relation: 'public.purchase', id: '2', problem: 'purchase_key:duplicate', along_with: null },
    {
      relation: 'public.line',
      id: '2',
      problem: 'purchase_key:duplicate',
      along_with: 'public.purchase',
    },
  ])
  expect(await plan(LEGACY_DECISIONS)).toMatchObject({ isDone: true, pending: [], problems: [] })
})

test(
  'every option of a problem, and every two of them, repair as many rows as the plan says',
  { tags: 'long' },
  async () => {
    const { problems } = await plan([])
    const values: Readonly<Record<string, string>> = {
      'purchase.customer_id:null': 'set=1',
      'purchase.state:null': 'set=open',
      'purchase.state:word': 'set=open',
      'purchase.discount:range': 'set=1',
    }
    const decisions = problems.map(({ name, options }) => {
      const choices = options
        .filter(({ kind }) => kind !== 'fail')
        .map(({ kind, choice }) => (kind === 'set' ? (values[name] ?? choice) : choice))
        .map((choice) => choice.replace('WORD=WORD', 'lost=paid'))
      const pairs = choices.flatMap((one) => choices.map((other) => `${one},${other}`))
      return [...choices, ...pairs].map((decision) => `${name}=${decision}`)
    })
    const rounds = Math.max(...decisions.map(({ length }) => length))
    expect(rounds).toBe(20)
    for (let round = 0; round < rounds; round += 1) {
      const decided = decisions.map((all) => all[round % all.length] ?? '')
      const { statements, problems: found } = await plan(decided)
      const left = await runRolledBack(statements)
      for (const { name, unrepaired } of found) {
        expect([decided, name, left[name]]).toEqual([decided, name, unrepaired])
      }
    }
  },
)

/** The rows that violate the constraint of each problem. */
const VIOLATIONS: Readonly<Record<string, string>> = {
  'purchase.customer_id:null': 'customer_id is null',
  'purchase.state:null': 'state is null',
  'purchase.state:word': `state not in ('open', 'paid')`,
  'purchase.discount:range': 'not (discount >= 0 and discount <= 100)',
  'purchase_key:duplicate': `exists (select from purchase o where o.id < p.id and (o.customer_id, o.code) = (p.customer_id, p.code))`,
}

/** Runs the statements of a plan, and counts the rows that violate each constraint after them. */
async function runRolledBack(statements: readonly string[]): Promise<Record<string, number>> {
  return withConnection(databaseTarget(database.url), async (client) => {
    await client.query('begin; set local search_path to public; create schema migrator')
    try {
      for (const statement of statements) await client.query(statement)
      const counts = Object.entries(VIOLATIONS).map(
        ([name, where]) => `(select count(*)::int from purchase p where ${where}) as "${name}"`,
      )
      const { rows } = await client.query<Record<string, number>>(`select ${counts.join(', ')}`)
      return rows[0] ?? {}
    } finally {
      await client.query('rollback')
    }
  })
}

test('done once more it does nothing, whatever it keeps beside', { tags: 'long' }, async () => {
  await sql('create table beside (n int); create view seen as select 1 as one')
  const target = databaseTarget(database.url)
  const decisions = parseDecisions(LEGACY_DECISIONS)
  const before = await planAdoption(project, target, { decisions })
  const { match, fingerprint } = before.plan
  if (match.kind !== 'unknown') throw new Error(`It is ${match.kind}.`)
  const text = writeReconciliation(match, fingerprint, before.live, before.knownSchemas)
  const reconciliation = await readReconciliation(text, 'reconcile.sql')
  const request = { decisions, reconciliation }
  const { plan: agreedTo } = await planAdoption(project, target, request)
  await adopt(project, target, request, agreedTo)
  const schema = await readSchema(database.url)
  for (const again of [request, { decisions }]) {
    const { plan: found } = await planAdoption(project, target, again)
    expect(found).toMatchObject({ isDone: true, statements: [], pending: [] })
    await adopt(project, target, again, found)
  }
  expect(await readSchema(database.url)).toEqual(schema)
  await sql('alter table beside add m int')
  expect(await plan([])).toMatchObject({ isDone: true })
  await sql('alter table purchase add m int')
  expect(await plan([])).toMatchObject({ isDone: false, match: { kind: 'unknown' } })
})

test('a value that its column cannot have is the fault of its decision', async () => {
  const decisions = [
    ...LEGACY_DECISIONS.filter((one) => !one.includes('customer_id')),
    'purchase.customer_id:null=set=someone',
  ]
  await expect(plan(decisions)).rejects.toMatchObject({
    code: 'DECISION_UNREADABLE',
    exit: 2,
    message: expect.stringMatching(/"purchase\.customer_id:null=set=someone".*someone/),
  })
})

test('two adoptions at once both succeed, and it is done once', async () => {
  const [first, second] = await Promise.all([adoptIt(LEGACY_DECISIONS), adoptIt(LEGACY_DECISIONS)])
  expect([...first.recorded, ...second.recorded]).toEqual(['Migration1_first'])
  expect(
    await sql(`select count(*)::int as n from migrator.history where event = 'adopted'`),
  ).toEqual([{ n: 1 }])
  expect(await sql('select name from mikro_orm_migrations order by id')).toEqual(
    MIGRATION_NAMES.map((name) => ({ name })),
  )
})

test('while an adoption is not finished nothing else changes the schema', async () => {
  await adoptIt(LEGACY_DECISIONS)
  await sql(
    `insert into migrator.history (run, event, facts, ledger)
     select run, event, facts, ledger from migrator.history where event = 'adopting'`,
  )
  const schema = await readSchema(database.url)
  const down = { direction: 'down', target: '-1', yes: true } as const
  for (const request of [{ direction: 'up', target: 'head' } as const, down]) {
    await expect(run(project, databaseTarget(database.url), request)).rejects.toMatchObject({
      code: 'ADOPTION_UNFINISHED',
      exit: 6,
    })
  }
  expect(await readSchema(database.url)).toEqual(schema)
  // Who looks is sent where it goes on.
  const to = databaseTarget(database.url)
  const goOn = [expect.objectContaining({ command: 'adopt' })]
  expect((await status(project, to)).outOfOrder).toMatchObject({ next: goOn })
  expect((await check(project, to)).flatMap(({ next = [] }) => next)).toEqual(goOn)
  await adoptIt([])
  await run(project, databaseTarget(database.url), down)
})

test('an adoption.ts in the words of an earlier release is refused with the key that it needs', async () => {
  const older = await legacyProject()
  try {
    const path = join(dirname(older.manifestPath), 'adoption.mjs')
    await writeFile(path, 'export const adoption = { shapes: [], foster: {} }\n')
    await expect(plan([], older)).rejects.toMatchObject({
      code: 'PROJECT_INVALID',
      message: expect.stringContaining('"schemas"'),
    })
  } finally {
    await older.drop()
  }
})
