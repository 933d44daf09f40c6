import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { migrateProcess, type Ended } from '../testing/cli.ts'
import { writeEntities } from '../testing/entities.ts'
import { query } from '../testing/query.ts'
import { scratchProject } from '../testing/scratch-project.ts'
import { CHANGES, type Change } from './tests/changes.ts'

/*
 * Whatever changes in the entities: `create` writes it, nothing in it is refused, it runs on tables with rows, the database
 * is what the entities say then, and `down` makes it what it was. Each change has a table of its own, and many share a
 * project.
 */

const AT_ONCE = 60
const isSoak = process.env.SOAK === '1'
/** The suite takes each twentieth. */
const SAMPLE = 20

/** Every batch has something of each family. */
function inBatches(): Change[][] {
  const chosen = CHANGES.filter((_, n) => isSoak || n % SAMPLE === 0)
  const count = Math.ceil(chosen.length / AT_ONCE)
  return Array.from({ length: count }, (_, batch) => chosen.filter((_, n) => n % count === batch))
}

test.each(inBatches().map((changes, n) => [n + 1, changes.length, changes] as const))(
  'batch %d of changes: %d tables',
  async (_, __, changes) => {
    await using work = await createTestDatabase()
    await using before = await createTestDatabase()
    await using after = await createTestDatabase()
    const [project, fresh] = [await scratchProject({}), await scratchProject({})]
    const run = (...args: string[]) => at(work.url, project.config, ...args)
    try {
      await writeEntities(project.config, tablesOf(changes, 'before'))
      const [base] = namesOf(done(await run('create', 'first', '--json')))
      done(await run('up'))
      done(await at(before.url, project.config, 'up'))
      await query(work.url, FILL)
      const held = await readRows(work.url, changes)

      await writeEntities(project.config, tablesOf(changes, 'after'))
      const created = done(await run('create', 'second', '--json', ...dropped(changes)))
      const [first, ...others] = namesOf(created)
      const { stdout } = await run('lint', first, ...others, '--json')
      expect(unexpected(changes, JSON.parse(stdout).findings)).toEqual([])
      done(await run('up'))
      await writeEntities(fresh.config, tablesOf(changes, 'after'))
      done(await at(after.url, fresh.config, 'create', 'first'))
      done(await at(after.url, fresh.config, 'up'))
      expect(differences(await run('diff', work.url, after.url, '--json'))).toEqual([])
      done(await run('down', base, '--yes'))
      expect(differences(await run('diff', work.url, before.url, '--json'))).toEqual([])
      expect(await readRows(work.url, changes)).toEqual(held)
    } finally {
      await Promise.all([project.drop(), fresh.drop()])
    }
  },
  600_000,
)

/** What was created, in the order in which it runs. */
function namesOf(created: string): [string, ...string[]] {
  const { name, others = [] }: { name: string; others?: { name: string }[] } = JSON.parse(created)
  return [name, ...others.map((one) => one.name)]
}

/** The rows of each change, with what they have in each column. */
async function readRows(url: string, changes: readonly Change[]): Promise<unknown[]> {
  const rows = changes.map(
    ({ before, after }, n) =>
      `select ${n} as n, '${`${before} → ${after}`.replaceAll("'", "''")}' as change, to_jsonb(t) as row from ${nameOf(n)} t`,
  )
  return query(url, `${rows.join(' union all ')} order by n`)
}

function differences({ stdout }: Ended): string[] {
  const found: { what: string; kind: string; identity: string }[] = JSON.parse(stdout)
  return found.map(({ what, kind, identity }) => `${what} ${kind} ${identity}`)
}

/** What no form of a statement avoids: it says so, and its author decides. */
const UNAVOIDABLE: Readonly<Record<string, readonly string[]>> = {
  types: [
    'type-change-rewrites',
    'cast-loses-values',
    'zone-change-depends-on-session',
    'type-change-rebuilds-indexes',
  ],
  columns: ['deletes-data'],
  'native enums': ['type-change-rewrites'],
  generated: ['deletes-data', 'stored-column-rewrites'],
  'several at once': ['type-change-rewrites'],
  'odd names': ['type-change-rewrites'],
}

interface Finding {
  readonly rule: string
  readonly level: string
  readonly says: string
}

function unexpected(changes: readonly Change[], findings: readonly Finding[]): string[] {
  return findings
    .filter(({ level }) => level === 'error')
    .filter(({ rule, says }) => {
      const change = changes[Number(/^t(\d+)/.exec(says)?.[1]) - 1]
      return !UNAVOIDABLE[change?.family ?? '']?.includes(rule)
    })
    .map(({ rule, says }) => `${rule}: ${says}`)
}

const at = (url: string, config: string, ...args: string[]) =>
  migrateProcess([...args, '--config', config], { DATABASE_URL: url })

function done({ exit, stdout, stderr }: Ended): string {
  expect([exit, exit === 0 ? '' : stdout + stderr]).toEqual([0, ''])
  return stdout
}

function tablesOf(changes: readonly Change[], side: 'before' | 'after'): Record<string, string> {
  return Object.fromEntries(
    changes.map((change, n) => [nameOf(n), change[side].replaceAll('%', nameOf(n))]),
  )
}

const nameOf = (n: number) => `t${n + 1}`

/** What is gone for good, as a person has to say it. */
function dropped(changes: readonly Change[]): string[] {
  return changes.flatMap(({ gone = [] }, n) =>
    gone.flatMap((one) => [
      '--drop',
      one.includes('%') ? one.replace('%', nameOf(n)) : `${nameOf(n)}.${one}`,
    ]),
  )
}

/** A row in each table, with a value in each column that fits its type. */
const FILL = `do $$
  declare
    it record;
  begin
    for it in
      select c.oid::regclass as name,
             string_agg(quote_ident(a.attname), ', ') as columns,
             string_agg(case
               when a.attname = 'id' then '1'
               when t.typcategory in ('N', 'S') then quote_literal(1)
               when t.typcategory = 'E' then quote_literal((select enumlabel from pg_enum where enumtypid = t.oid order by enumsortorder limit 1))
               when t.typcategory = 'D' and t.typname like 'time%' and t.typname not like 'timestamp%' then quote_literal('03:04:05')
               when t.typcategory = 'D' then quote_literal('2024-01-02')
               when t.typcategory = 'A' or t.typname like 'json%' then quote_literal('{}')
               when t.typcategory = 'B' then 'true'
               when t.typname = 'uuid' then 'gen_random_uuid()'
               else quote_literal('x') end, ', ') as values
        from pg_class c join pg_attribute a on attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = ''
        join pg_type t on t.oid = atttypid
       where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname ~ '^t[0-9]+$'
       group by c.oid
    loop
      begin
        execute format('insert into %s (%s) values (%s)', it.name, it.columns, it.values);
      exception when check_violation then
        -- An enum is a text with a check.
        execute format('insert into %s (%s) values (%s)', it.name, it.columns, replace(it.values, quote_literal(1), quote_literal('a')));
      end;
    end loop;
  end $$`
