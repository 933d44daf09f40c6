import { MikroORM, type Options } from '@mikro-orm/postgresql'
import { Migrator } from '@mikro-orm/migrations'
import { createTestDatabase, isSoak } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { diffCatalogs } from '../catalog/index.ts'
import { opened } from '../mikro-orm/stock-migrator.ts'
import { readSchema } from '../testing/database.ts'
import { writeEntities } from '../testing/entities.ts'
import { migrate } from '../testing/cli.ts'
import { query } from '../testing/query.ts'
import { scratchProject } from '../testing/scratch-project.ts'
import { FILL, readRows, tablesOf } from './tests/change-tables.ts'
import { CHANGES, type Change } from './tests/changes.ts'

/*
 * What MikroORM's own generator makes of the same changes as `create`, from a snapshot as it reads it: how many of them
 * fail or lead to another schema than the entities' (wrong), stop those who use the table (blocking), or take values that
 * nobody has given up (lossy).
 */

const AT_ONCE = 60

const LOSSES = new Set(['deletes-data', 'cast-loses-values', 'cascade-takes-more'])

/** Places in a batch of changes. */
type Found = Readonly<Record<'wrong' | 'blocking' | 'lossy', ReadonlySet<number>>>

const placeIn = (text: string) => Number(/\bt(\d+)/.exec(text)?.[1]) - 1

const placesOf = (places: readonly number[]) =>
  new Set(places.filter((place) => !Number.isNaN(place)))

async function load(changes: readonly Change[], side: 'before' | 'after', url: string) {
  const project = await scratchProject({})
  // The first configuration is imported already, without entities.
  const config = project.config.replace(/\.ts$/, '.entities.ts')
  await writeEntities(config, tablesOf(changes, side))
  const { default: options }: { default: Options } = await import(config)
  const place = { clientUrl: url, dbName: new URL(url).pathname.slice(1) }
  const orm = await MikroORM.init({ ...options, ...place, extensions: [Migrator] } as Options)
  return { orm, project }
}

const split = (sql: string) => sql.split(/;\n/).filter((text) => text.trim() !== '')

/** The statements of each change, in their order. */
async function generate(before: MikroORM, after: MikroORM): Promise<string[]> {
  await opened(before.migrator).storeCurrentSchema()
  const fromSchema = await opened(before.migrator).getSchemaFromSnapshot()
  const options = { wrap: false, safe: false, dropTables: true, ...(fromSchema && { fromSchema }) }
  const sql = await after.schema.getUpdateSchemaMigrationSQL(options)
  return split(sql.up)
}

/** Runs each; the changes of which one is refused. */
async function runAll(url: string, statements: readonly string[]): Promise<Set<number>> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const refused = new Set<number>()
  for (const sql of statements) await client.query(sql).catch(() => refused.add(placeIn(sql)))
  await client.end()
  return refused
}

async function lint(first: readonly string[], second: readonly string[]) {
  const project = await scratchProject({ M1: { up: first }, M2: { up: second } })
  const { stdout, stderr } = await migrate(['lint', 'M2', '--config', project.config, '--json'])
  await project.drop()
  expect([stdout === '', stderr]).toEqual([false, expect.anything()])
  const { findings }: { findings: { level: string; rule: string; says: string }[] } =
    JSON.parse(stdout)
  return findings.filter(({ level }) => level === 'error')
}

async function play(changes: readonly Change[]): Promise<Found> {
  await using work = await createTestDatabase()
  await using other = await createTestDatabase()
  const before = await load(changes, 'before', work.url)
  const after = await load(changes, 'after', other.url)
  const first = split(await before.orm.schema.getCreateSchemaSQL({ wrap: false }))
  await before.orm.schema.create()
  await after.orm.schema.create()
  await query(work.url, FILL)
  const statements = await generate(before.orm, after.orm)
  await Promise.all([before, after].map(({ orm }) => orm.close(true)))
  const held = await readRows(work.url, changes)
  const refused = await runAll(work.url, statements)
  const left = new Map((await readRows(work.url, changes)).map((one) => [placeOf(one), one as Row]))
  const differences = diffCatalogs(await readSchema(work.url), await readSchema(other.url))
  const errors = await lint(first, statements)
  const where = (isLoss: boolean) =>
    errors.filter(({ rule }) => LOSSES.has(rule) === isLoss).map(({ says }) => placeIn(says))
  await Promise.all([before, after].map(({ project }) => project.drop()))
  const lost = (held as Row[]).filter((one) => isLost(one.row, left.get(one.n)?.row))
  return {
    wrong: placesOf([...refused, ...differences.map(({ identity }) => placeIn(identity))]),
    blocking: placesOf(where(false)),
    lossy: placesOf([...where(true), ...lost.map(({ n }) => n)]),
  }
}

interface Row {
  readonly n: number
  readonly row: Readonly<Record<string, unknown>>
}

const placeOf = (one: unknown) => (one as Row).n

function isLost(row: Row['row'], now: Row['row'] | undefined): boolean {
  return Object.entries(row).some(
    ([name, value]) => value !== null && (now?.[name] ?? null) === null,
  )
}

test.runIf(isSoak)('what MikroORM’s own generator makes of the changes is counted', async () => {
  const count = Math.ceil(CHANGES.length / AT_ONCE)
  const total: Record<string, number> = { wrong: 0, blocking: 0, lossy: 0, any: 0 }
  for (let batch = 0; batch < count; batch += 1) {
    const found = await play(CHANGES.filter((_, n) => n % count === batch))
    for (const [kind, places] of Object.entries(found))
      total[kind] = (total[kind] ?? 0) + places.size
    total.any =
      (total.any ?? 0) + new Set(Object.values(found).flatMap((places) => [...places])).size
  }
  console.log(`MikroORM's own generator, of ${CHANGES.length} changes: ${JSON.stringify(total)}`)
  expect(total.any).toBeGreaterThan(0)
})
