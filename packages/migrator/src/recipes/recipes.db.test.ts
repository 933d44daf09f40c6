import { briefly, createTestDatabase, shareOut } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { diffCatalogs } from '../catalog/index.ts'
import { KnownObjects } from '../known/known-objects.ts'
import { parseSql } from '../sql/parse.ts'
import { planRecipes } from './index.ts'
import { migrate } from '../testing/cli.ts'
import { readSchema } from '../testing/database.ts'
import { writeEntities, type Entity } from '../testing/entities.ts'
import { writeFill } from '../sql/fill.ts'
import { quoteName } from '../sql/quote-name.ts'
import { writeDual } from './dual-write.ts'
import { query, withClient } from '../testing/query.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

/*
 * Each recipe through its life: the release before it and the one after it write side by side until the last step, what was
 * done can be undone and done again until then, and no row is lost.
 */

interface Case {
  readonly name: string
  readonly before: Readonly<Record<string, Entity>>
  readonly after: Readonly<Record<string, Entity>>
  readonly answers: readonly string[]
  /** Beside the entities, once the first migration is applied. */
  readonly rows: readonly string[]
  /** What an undone step takes is elsewhere, too: the archive keeps nothing. */
  readonly isCopy?: true
  /** The kinds of its files. */
  readonly files: readonly string[]
  /** What each release writes while both are there. */
  readonly oldWrites: readonly string[]
  readonly newWrites: readonly string[]
  /** What the release before it writes once all is undone. */
  readonly between: readonly string[]
  /** What the release after it writes once it is alone. */
  readonly alone?: readonly string[]
  /** What each release reads, in the same order: the same of both. */
  readonly oldReads: string
  readonly newReads: string
}

/** The kinds of the files of a recipe with so many backfills. */
const filled = (backfills: number) => [
  'expand ',
  ...Array.from({ length: backfills }, (_, n) => `expand backfill${n === 0 ? '' : `_${n + 1}`}`),
  'expand build',
  'contract contract',
]

const TYPED = `select id, count::text, part::text, sum::int::text, (select n::text from owner o where o.id = job.id) as n from job order by id`

const KEYED = `select 'job' as t, id::int, title, parent_id::int as of from job union all select 'tags', job_id::int, null, tag_id::int from job_tags union all select 'line', id::int, null, job_id::int from line union all select 'pair', id::int, null, job_id::int from pair order by 1, 2, 3, 4`

const COUNTED = `select id, head as a, last_value::int as at from "Job ""s", "Job ""s_id_seq" union all select id, n::text, last_value from line, line_id_seq order by 1, 2`

const CASES: readonly Case[] = [
  {
    name: 'columns get other names, and a key of two of them',
    before: {
      owner: 'n: p.integer().nullable()',
      job: {
        properties: `title: p.text().default('none').index().unique(), code: p.integer().nullable().check('code > 0'), doc: p.json().nullable(), owner: () => p.manyToOne(entities.owner).nullable()`,
        options: `uniques: [{ properties: ['code', 'owner'] }],`,
      },
    },
    after: {
      owner: 'n: p.integer().nullable()',
      job: {
        properties: `head: p.text().name('Head "$both$ x').default('none').index().unique(), sign: p.integer().nullable().check('sign > 0'), paper: p.json().nullable(), boss: () => p.manyToOne(entities.owner).nullable()`,
        options: `uniques: [{ properties: ['sign', 'boss'] }],`,
      },
    },
    answers: [
      '--rename',
      'job.title:Head "$both$ x',
      '--rename',
      'job.code:sign',
      '--rename',
      'job.doc:paper',
      '--rename',
      'job.owner_id:boss_id',
    ],
    rows: [
      `insert into owner values (1, 1), (2, 2)`,
      `insert into job (id, title, code, doc, owner_id) values (1, 'a', 1, '{"a": 1}', 1), (2, '', null, null, null), (3, 'c''"', 3, 'null', 2)`,
    ],
    isCopy: true,
    files: filled(4),
    oldWrites: [
      `set search_path = pg_catalog; insert into public.job (id, code) values (11, 11)`,
      `insert into job (id, code, owner_id) values (13, 1, 1) on conflict (code, owner_id) do update set doc = '[2]'`,
      `insert into job (id, title, doc) values (12, 'twelve', '[1]') on conflict (title) do nothing`,
      `update job set title = 'A', owner_id = 2 where id = 1`,
      `update job set code = null where id = 3`,
    ],
    newWrites: [
      `insert into job (id, "Head ""$both$ x", sign, paper, boss_id) values (21, 'new', 21, '{"b":1}', 1)`,
      `insert into job (id, "Head ""$both$ x") values (22, 'new') on conflict ("Head ""$both$ x") do update set sign = 210`,
      `insert into job (id, sign, boss_id) values (23, 1, 2) on conflict (sign, boss_id) do update set paper = '[3]'`,
      `update job set paper = '{"a":  1}', "Head ""$both$ x" = 'B' where id = 1`,
      `update job set sign = 7 where id = 3`,
    ],
    between: [
      `update job set title = 'Z', doc = null where id = 1`,
      `delete from job where id = 2`,
    ],
    oldReads: `select id, title as a, code as b, doc::text as c, owner_id as d from job order by id`,
    newReads: `select id, "Head ""$both$ x" as a, sign as b, paper::text as c, boss_id as d from job order by id`,
  },
  {
    name: 'columns get another type',
    before: {
      owner: `n: p.integer().unique('owner_n')`,
      job: `count: p.integer().default(5).index().unique().check('count > 0'), part: p.smallint().nullable(), sum: p.integer().nullable()`,
    },
    after: {
      owner: `n: p.bigint().unique('owner_n')`,
      job: `count: p.bigint().default(5).index().unique().check('count > 0'), part: p.text().nullable(), sum: p.decimal({ precision: 30, scale: 2 }).nullable()`,
    },
    answers: [],
    rows: [
      `insert into owner values (1, 1), (2, 2)`,
      `insert into job (id, count, part, sum) values (1, 1, 1, 3), (2, 2, null, null), (3, 2147483647, -1, 4)`,
    ],
    isCopy: true,
    files: filled(4),
    oldWrites: [
      `insert into job (id) values (11)`,
      `insert into job (id, count) values (12, 2) on conflict (count) do update set part = 12`,
      `update job set count = 4, part = null where id = 1`,
      `insert into owner values (3, 3) on conflict (n) do nothing`,
    ],
    newWrites: [`insert into job (id, count) values (21, 21)`, `update job set sum = 7`],
    between: [`update job set count = 9, part = 3 where id = 1`, `delete from job where id = 2`],
    oldReads: TYPED,
    newReads: TYPED,
  },
  {
    name: 'columns are split and replaced by a reference, and a value is required that is computed',
    before: {
      person: {
        properties: 'name: p.text()',
        options: `indexes: [{ name: 'lookup', properties: ['name'] }],`,
      },
      profile: 'title: p.text().unique()',
      run: 'used: p.text().nullable(), n: p.integer().nullable()',
      tag: 'word: p.text()',
    },
    after: {
      person: {
        properties: 'first: p.text(), last: p.text().nullable().index()',
        // The name is taken until the old column goes.
        options: `indexes: [{ name: 'lookup', properties: ['last', 'first'] }],`,
      },
      profile: 'title: p.text().unique()',
      run: 'profile: () => p.manyToOne(entities.profile), n: p.integer(), m: p.integer().default(7)',
      tag: 'label: p.text().nullable()',
    },
    answers: [
      '--drop',
      'person.name',
      '--drop',
      'run.used',
      '--fill',
      `person.first=split_part(name, ' ', 1)`,
      '--fill',
      `person.last=nullif(substr(name, strpos(name || ' ', ' ') + 1), '')`,
      '--fill',
      `person.name=concat_ws(' ', first, last)`,
      '--fill',
      'run.profile_id=(select id from profile where title = used)',
      '--fill',
      'run.used=(select title from profile where profile.id = profile_id)',
      '--fill',
      'run.n=0',
      '--fill',
      'run.m=n + 1',
      '--drop',
      'tag.word',
      '--fill',
      `tag.label=nullif(word, '')`,
      '--fill',
      `tag.word=coalesce(label, '')`,
    ],
    rows: [
      `insert into profile values (1, 'one'), (2, 'two ''"')`,
      `insert into person values (1, 'Ann Lee'), (2, 'Cher'), (3, 'Mary Ann Lee'), (4, '')`,
      `insert into run values (1, 'one', null), (2, 'two ''"', 2), (3, 'one', 5)`,
      `insert into tag values (1, 'a'), (2, '')`,
    ],
    files: filled(5),
    oldWrites: [
      `insert into person values (11, 'Bob Ray')`,
      `update person set name = 'Ann Roe' where id = 1`,
      `insert into run values (11, 'one', null), (12, 'one', 4)`,
      `update run set used = 'two ''"' where id = 1`,
      `update run set n = 9 where id = 2`,
    ],
    newWrites: [
      `insert into person values (21, default, 'New', 'One')`,
      `update person set last = 'Poe' where id = 1`,
      `insert into run (id, profile_id, n, m) values (21, 2, 1, 3)`,
      `update run set profile_id = 1, n = 3, m = 8 where id = 1`,
      `insert into tag values (21)`,
      `update tag set label = null where id = 1`,
    ],
    between: [
      `update person set name = 'Zed Zee' where id = 1`,
      `update run set used = 'one', n = 6 where id = 2`,
    ],
    oldReads: `select id, name as a, null as b, null as c from person union all select id, used, n::text, null from run order by 1, 2`,
    newReads: `select id, concat_ws(' ', first, last) as a, null as b, null as c from person union all select r.id, p.title, n::text, null from run r left join profile p on p.id = profile_id order by 1, 2`,
  },
  {
    name: 'a table gets another name, and a column more',
    before: {
      owner: 'n: p.text()',
      job: `name: p.text().default('none').unique(), owner: () => p.manyToOne(entities.owner).nullable()`,
      line: 'job: () => p.manyToOne(entities.job)',
    },
    after: {
      owner: 'n: p.text()',
      'Task "x': `name: p.text().default('none').unique(), owner: () => p.manyToOne(entities.owner).nullable(), more: p.integer().nullable()`,
      line: `job: () => p.manyToOne(entities['Task "x'])`,
    },
    answers: ['--rename', 'job:Task "x'],
    rows: [
      `insert into owner values (1, 'a')`,
      `insert into job values (101, 'one', 1), (102, '''"', null)`,
      `insert into line values (1, 101)`,
    ],
    files: ['expand ', 'expand alter', 'contract contract'],
    oldWrites: [
      `insert into job (name) values ('serial') returning id`,
      `insert into job (id, owner_id) values (11, 1) on conflict (name) do update set owner_id = 1 returning id`,
      `insert into job (id, name) values (12, 'one') on conflict do nothing`,
      `update job set name = 'uno' where id = 101`,
      `delete from job where id = 102`,
      `select * from job for update`,
      `insert into line select 2, id from job where name = 'serial'`,
    ],
    newWrites: [
      `insert into "Task ""x" (id, name, more) values (21, 'new', 3)`,
      `update "Task ""x" set more = 2 where id = 101`,
    ],
    between: [`update job set name = 'eins' where id = 101`],
    oldReads: 'select id, name, owner_id from job order by id',
    newReads: 'select id, name, owner_id from "Task ""x" order by id',
  },
  {
    name: 'keys get a wider type, and what refers to them: itself, one to one, many to many',
    before: {
      tag: `n: p.integer().nullable()`,
      job: `title: p.text(), parent: () => p.manyToOne(entities.job).nullable().index().updateRule('cascade').deleteRule('set null'), tags: () => p.manyToMany(entities.tag)`,
      line: `job: () => p.manyToOne(entities.job).updateRule('cascade').deleteRule('cascade')`,
      pair: `job: () => p.oneToOne(entities.job).nullable()`,
    },
    after: {
      tag: `id: p.bigint().primary(), n: p.integer().nullable()`,
      job: `id: p.bigint().primary(), title: p.text(), parent: () => p.manyToOne(entities.job).nullable().index().updateRule('cascade').deleteRule('set null'), tags: () => p.manyToMany(entities.tag)`,
      line: `job: () => p.manyToOne(entities.job).updateRule('cascade').deleteRule('cascade')`,
      pair: `job: () => p.oneToOne(entities.job).nullable()`,
    },
    answers: [],
    rows: [
      `insert into tag (n) values (1), (2)`,
      `insert into job (title, parent_id) values ('a', null), ('b', 1), ('c', 2), ('d', 1)`,
      `insert into job_tags values (1, 1), (1, 2), (2, 1)`,
      `insert into line (job_id) values (1), (2), (3), (4)`,
      `insert into pair (job_id) values (1), (null)`,
    ],
    isCopy: true,
    files: filled(7),
    oldWrites: [
      `insert into job (title, parent_id) values ('old', 4)`,
      `insert into job (id, title) values (2, 'b') on conflict (id) do update set title = 'B'`,
      `insert into job_tags values (5, 2) on conflict do nothing`,
      `update job set id = 40 where id = 4`,
      `delete from job where id = 3`,
    ],
    newWrites: [
      `with j as (insert into job (title) values ('new') returning id) insert into line (job_id) select id from j`,
      `update pair set job_id = 2 where job_id is null`,
      `delete from job where id = 40`,
    ],
    between: [
      `insert into job (title) values ('between')`,
      `update job set id = 10 where title = 'new'`,
    ],
    oldReads: KEYED,
    newReads: KEYED,
  },
  {
    name: 'a serial key becomes an identity, an identity a serial, and both count on',
    before: {
      'Job "s': `title: p.text()`,
      line: `id: p.bigint().primary().generated('by default as identity'), n: p.integer().nullable()`,
    },
    after: {
      'Job "s': `id: p.integer().primary().generated('by default as identity'), head: p.text()`,
      line: `id: p.bigint().primary(), n: p.integer().nullable()`,
    },
    answers: ['--rename', 'Job "s.title:head'],
    rows: [
      `insert into "Job ""s" (title) values ('a'), ('b')`,
      `select setval('"Job ""s_id_seq"', 41)`,
      `insert into line (n) values (1), (2)`,
      `select setval('line_id_seq', 2000000000, false)`,
    ],
    files: ['expand ', 'expand backfill', 'contract contract'],
    oldWrites: [
      `insert into "Job ""s" (title) values ('old')`,
      `insert into "Job ""s" values (default, 'default'), (100, 'hundred')`,
      `insert into line (n) select nextval('line_id_seq')`,
    ],
    newWrites: [`insert into "Job ""s" (head) values ('new')`, `insert into line (n) values (4)`],
    between: [
      `insert into "Job ""s" (title) values ('between')`,
      `insert into line (n) values (5)`,
    ],
    oldReads: COUNTED.replace('head', 'title'),
    newReads: COUNTED,
  },
  {
    name: 'columns move to another table: to the one that refers, and to the one that is referred to',
    before: {
      kind: 'n: p.integer()',
      new: `phone: p.text().nullable().index(), kind: () => p.manyToOne(entities.kind).nullable()`,
      'Card "$both$ s': `person: () => p.oneToOne(entities.new).nullable().deleteRule('set null'), level: p.integer().default(1).check('level > 0')`,
    },
    after: {
      kind: 'n: p.integer()',
      new: `rank: p.integer().default(1).check('rank > 0')`,
      'Card "$both$ s': `person: () => p.oneToOne(entities.new).nullable().deleteRule('set null'), number: p.text().nullable().index(), sort: () => p.manyToOne(entities.kind).nullable()`,
    },
    answers: [
      '--rename',
      'new.phone:Card "$both$ s.number',
      '--rename',
      'new.kind_id:Card "$both$ s.sort_id',
      '--rename',
      'Card "$both$ s.level:new.rank',
    ],
    rows: [
      `insert into kind values (1, 1), (2, 2)`,
      `insert into "new" values (1, '1', 1), (2, '2', null), (3, null, 2), (4, null, null)`,
      `insert into "Card ""$both$ s" values (11, 1, 1), (12, 2, 2), (13, 3, 3)`,
    ],
    files: filled(3),
    oldWrites: [
      `insert into "new" values (5, '5', 1)`,
      `insert into "Card ""$both$ s" (id, person_id) values (15, 5)`,
      `update "new" set phone = 'one', kind_id = null where id = 1`,
      `update "Card ""$both$ s" set level = 20 where id = 12`,
      `update "new" set phone = null where id = 2`,
    ],
    newWrites: [
      `insert into "new" (id, rank) values (6, 6)`,
      `insert into "Card ""$both$ s" (id, person_id, number, sort_id) values (16, 6, '6', 2)`,
      `update "Card ""$both$ s" set number = 'uno', sort_id = 2 where id = 11`,
      `update "new" set rank = 30 where id = 3`,
      `delete from "new" where id = 5`,
      `update "Card ""$both$ s" set person_id = 4, number = '4' where id = 13`,
      `update "new" set rank = 7 where id = 4`,
    ],
    between: [
      `update "new" set phone = 'zwei' where id = 2`,
      `update "Card ""$both$ s" set level = 2, person_id = 3 where id = 15`,
      `update "new" set kind_id = null where id = 3`,
    ],
    alone: [
      // Neither had a row of the other table, nor a value of its own.
      `insert into "Card ""$both$ s" (id) values (17)`,
      `update "Card ""$both$ s" set number = 'alone' where id = 11`,
    ],
    oldReads: `select p.id, c.id as card, phone as a, kind_id as b, level as c from "new" p join "Card ""$both$ s" c on person_id = p.id order by 1`,
    newReads: `select p.id, c.id as card, number as a, sort_id as b, rank as c from "new" p join "Card ""$both$ s" c on person_id = p.id order by 1`,
  },
]

let project: ScratchProject
let url: string
let drop: () => Promise<void>

beforeEach(async () => {
  const database = await createTestDatabase()
  ;[project, url, drop] = [await scratchProject({}), database.url, () => database.drop()]
})
afterEach(async () => {
  await project.drop()
  await drop()
})

async function run(at: ScratchProject, to: string, ...args: string[]): Promise<string> {
  const { exit, stdout, stderr } = await migrate([...args, '--config', at.config], {
    DATABASE_URL: to,
  })
  expect([args.join(' '), exit, exit === 0 ? '' : stdout + stderr]).toEqual([args.join(' '), 0, ''])
  return stdout
}

const done = (...args: string[]) => run(project, url, ...args)

const send = async (statements: readonly string[]) => {
  for (const sql of statements) await query(url, sql)
}

/** Writes the files of a change, which lint has no error about; returns their kinds, the first, and the last that is applied while the older release is there. */
async function createFiles(...answers: readonly string[]) {
  const made = JSON.parse(await done('create', 'second', ...answers, '--json'))
  const files: { name: string; phase: string }[] = [made, ...made.others]
  // `up` refuses what lint has an error about.
  await done('lint', ...files.map(({ name }) => name))
  return {
    kinds: files.map(({ name, phase }) => `${phase} ${name.replace(/^.*second_?/, '')}`),
    firstFile: made.name as string,
    lastExpand: files.findLast(({ phase }) => phase === 'expand')?.name ?? '',
  }
}

/** After the last step of a key that became a uuid: the schema is that of a new database, and only empty tables have a way back. */
async function endsWithoutWayBack(
  entities: Readonly<Record<string, Entity>>,
  {
    first,
    start,
    tables,
  }: { first: string; start: Awaited<ReturnType<typeof readSchema>>; tables: string },
) {
  const back = await migrate(['down', '-1', '--yes', '--config', project.config], {
    DATABASE_URL: url,
  })
  expect([back.exit, back.stderr + back.stdout]).toEqual([
    3,
    expect.stringContaining('only an empty table has a way back'),
  ])
  const whole = await schemaOf(entities)
  expect(diffCatalogs(await readSchema(url), whole)).toEqual([])
  await send([`truncate ${tables}`])
  await done('down', first, '--yes')
  expect(diffCatalogs(await readSchema(url), start)).toEqual([])
  await done('up', '--yes')
  expect(diffCatalogs(await readSchema(url), whole)).toEqual([])
}

/** Of a new database of the entities alone. */
async function schemaOf(entities: Readonly<Record<string, Entity>>) {
  await using fresh = await createTestDatabase()
  const other = await scratchProject({})
  await writeEntities(other.config, entities)
  await run(other, fresh.url, 'create', 'first')
  await run(other, fresh.url, 'up')
  await other.drop()
  return await readSchema(fresh.url)
}

test.each(briefly(shareOut(CASES), CASES.length))(
  '$name',
  async (one) => {
    await writeEntities(project.config, one.before)
    const first: string = JSON.parse(await done('create', 'first', '--json')).name
    await done('up')
    await done('release', '1.0')
    await send(one.rows)
    const start = await readSchema(url)

    await writeEntities(project.config, one.after)
    const { kinds, lastExpand } = await createFiles(...one.answers)
    expect(kinds).toEqual(one.files)

    const both = async () => {
      expect(await query(url, one.newReads)).toEqual(await query(url, one.oldReads))
    }
    await done('up', lastExpand)
    await both()
    await send(one.oldWrites)
    await both()
    await send(one.newWrites)
    await both()
    const rows = await query(url, one.oldReads)
    await done('down', first, '--yes')
    expect(diffCatalogs(await readSchema(url), start)).toEqual([])
    expect(await query(url, one.oldReads)).toEqual(rows)
    const [archive] = await query(
      url,
      `select to_regclass('migrator_archive.entries')::text as name`,
    )
    expect(archive).toEqual({ name: one.isCopy ? null : 'migrator_archive.entries' })

    await send(one.between)
    const later = await query(url, one.oldReads)
    await done('up', lastExpand)
    await both()
    const expanded = await readSchema(url)
    await done('up', '--yes')
    expect(await query(url, one.newReads)).toEqual(later)
    await send(one.alone ?? [])
    await done('down', '-1', '--yes')
    expect(diffCatalogs(await readSchema(url), expanded)).toEqual([])
    await both()
    await done('up', '--yes')
    expect(diffCatalogs(await readSchema(url), await schemaOf(one.after))).toEqual([])
  },
  900_000,
)

/** Of a job what it is, and what refers to it, by titles alone; \`next\` ends the names of the columns that are read. */
const readTitles = (next: string) => {
  const title = (of: string) => `(select j.title from job j where j.id${next} = ${of}${next})`
  return `select 'job' as t, title as a, ${title('o.parent_id')} as b, (select w.name from owner w where w.id${next} = o.owner_id${next}) as c from job o
    union all select 'tags', ${title('job_id')}, tag_id::text, null from job_tags union all select 'line', ${title('job_id')}, id::text, null from line
    union all select 'pair', ${title('job_id')}, id::text, null from pair order by 1, 2, 3, 4`
}

const toKeyed = (job: string, owner: string, tag = '') => ({
  owner: `id: ${owner}, name: p.text()`,
  tag: `${tag}n: p.integer().nullable()`,
  job: `${job}title: p.text(), parent: () => p.manyToOne(entities.job).nullable().index().updateRule('cascade').deleteRule('set null'), owner: () => p.manyToOne(entities.owner).nullable(), tags: () => p.manyToMany(entities.tag)`,
  // Filled after the table to which it refers, whatever their names.
  line: `job: () => p.manyToOne(entities.job).updateRule('cascade').deleteRule('cascade')`,
  pair: `job: () => p.oneToOne(entities.job).nullable()`,
})

test(
  'a key becomes a uuid: until the last step the older release goes on, and all can be undone',
  { timeout: 900_000, tags: 'long' },
  async () => {
    const [newer, gone] = [
      `p.uuid().primary().defaultRaw('gen_random_uuid()')`,
      `p.uuid().primary()`,
    ]
    // In the table between both, each of them is a part of the key.
    const after = () => toKeyed(`id: ${newer}, `, gone, 'id: p.bigint().primary(), ')
    await writeEntities(project.config, toKeyed('', 'p.text().primary()'))
    const first: string = JSON.parse(await done('create', 'first', '--json')).name
    await done('up')
    await done('release', '1.0')
    const [one, two] = ['8d3b7a52-0c2c-4d0b-9a55-0f6f3a4d1c11', '8D3B7A520C2C4D0B9A550F6F3A4D1C12']
    await send([
      `insert into owner values ('${one}', 'one'), ('${two}', 'two')`,
      `insert into tag (n) values (1), (2)`,
      `insert into job (title, parent_id, owner_id) values ('a', null, '${one}'), ('b', 1, '${two}'), ('c', 2, null), ('d', 1, null)`,
      `insert into job_tags values (1, 1), (1, 2), (2, 1)`,
      `insert into line (job_id) values (1), (2), (3), (4)`,
      `insert into pair (job_id) values (1), (null)`,
    ])
    const start = await readSchema(url)

    await writeEntities(project.config, after())
    const asked = await migrate(['create', 'second', '--config', project.config], {})
    expect([asked.exit, asked.stderr]).toEqual([
      3,
      expect.stringMatching(
        /owner\.id is a text that becomes a uuid[^]*--fill .owner\.id="id"::uuid/,
      ),
    ])
    const { kinds, lastExpand } = await createFiles('--fill', 'owner.id=id::uuid')
    expect(kinds).toEqual(filled(9))
    const [old, next, last] = [readTitles(''), readTitles('_new'), readTitles('')]
    const both = async () => expect(await query(url, next)).toEqual(await query(url, old))

    await done('up', lastExpand)
    await both()
    await send([
      `insert into owner values ('8d3b7a52-0c2c-4d0b-9a55-0f6f3a4d1c13', 'three')`,
      `insert into job (title, parent_id, owner_id) values ('old', 4, '${two}')`,
      `insert into job (id, title) values (2, 'b') on conflict (id) do update set title = 'B'`,
      `insert into job_tags values (5, 2) on conflict do nothing`,
      `update job set id = 40 where id = 4`,
      `delete from job where id = 3`,
    ])
    await both()
    await send([
      `with j as (insert into job (title) values ('new') returning id_new) insert into line (job_id_new) select id_new from j`,
      `with o as (insert into owner (id_new, name) values (gen_random_uuid(), 'four') returning id_new) update job set owner_id_new = o.id_new from o where title = 'a'`,
      `update pair set job_id_new = (select id_new from job where title = 'B') where job_id_new is null`,
      `delete from job where title = 'd'`,
    ])
    await both()
    const rows = await query(url, old)
    await done('down', first, '--yes')
    expect(diffCatalogs(await readSchema(url), start)).toEqual([])
    expect(await query(url, old)).toEqual(rows)

    await send([`insert into job (title, parent_id) values ('between', 1)`])
    const later = await query(url, old)
    await done('up', lastExpand)
    await both()
    await done('up', '--yes')
    expect(await query(url, last)).toEqual(later)
    expect(await query(url, `select id::text from owner where name = 'two'`)).toEqual([
      { id: '8d3b7a52-0c2c-4d0b-9a55-0f6f3a4d1c12' },
    ])
    await send([`insert into job (title, parent_id) select 'alone', id from job where title = 'a'`])
    await endsWithoutWayBack(after(), { first, start, tables: 'owner, job, job_tags, line, pair' })
  },
)

/** Of a job what it is, and what refers to it, by titles alone; \`key\` is what its key is called. */
const readByTitle = (key: string) => {
  const title = (of: string) => `(select j.title from job j where j.${key} = ${of}_${key})`
  return `select 'job' as t, title as a, ${title('o.parent')} as b from job o union all select 'tags', ${title('job')}, tag_id::text from job_tags
    union all select 'line', ${title('job')}, id::text from line union all select 'pair', ${title('job')}, id::text from pair order by 1, 2, 3`
}

const TITLED = `title: p.text().unique(), parent: () => p.manyToOne(entities.job).nullable().index().updateRule('cascade').deleteRule('set null'), tags: () => p.manyToMany(entities.tag)`

const toTitled = (job: Entity) => ({
  tag: `n: p.integer().nullable()`,
  job,
  line: `job: () => p.manyToOne(entities.job).updateRule('cascade').deleteRule('cascade')`,
  pair: `job: () => p.oneToOne(entities.job).nullable()`,
})

test(
  'a key becomes a uuid of another name: both releases run across the last step, the older one until it, and all can be undone before',
  { timeout: 900_000, tags: 'long' },
  async () => {
    const uid = `uid: p.uuid().primary().defaultRaw('gen_random_uuid()')`
    const after = toTitled({ properties: `${uid}, ${TITLED}`, hasKey: true })
    await writeEntities(project.config, toTitled(TITLED))
    const first: string = JSON.parse(await done('create', 'first', '--json')).name
    await done('up')
    await done('release', '1.0')
    await send([
      `insert into tag (n) values (1), (2)`,
      `insert into job (title, parent_id) values ('a', null), ('b', 1), ('c', 2), ('d', 1)`,
      `insert into job_tags (job_id, tag_id) values (1, 1), (1, 2), (2, 1)`,
      `insert into line (job_id) values (1), (2), (3), (4)`,
      `insert into pair (job_id) values (1), (null)`,
    ])
    const start = await readSchema(url)
    await writeEntities(project.config, after)
    const answers = [
      'job.id:uid',
      'job.parent_id:parent_uid',
      'line.job_id:job_uid',
      'pair.job_id:job_uid',
      'job_tags.job_id:job_uid',
    ].flatMap((one) => ['--rename', one])
    const { kinds, lastExpand } = await createFiles(...answers)
    expect(kinds).toEqual(filled(5))
    const [old, next] = [readByTitle('id'), readByTitle('uid')]
    const both = async () => expect(await query(url, next)).toEqual(await query(url, old))
    let count = 0
    const writeAs = async (key: string) => {
      count += 1
      const own = `(select ${key} from job where title = '${key} ${count}')`
      await send([
        `insert into job (title, parent_${key}) select '${key} ${count}', ${key} from job where title = 'a'`,
        `insert into job_tags (job_${key}, tag_id) values (${own}, 1)`,
        `with j as (insert into job (title) values ('${key} more ${count}') returning ${key}) insert into line (job_${key}) select ${key} from j`,
        `update pair set job_${key} = ${own} where id = 2`,
        `update job set parent_${key} = ${own} where title = 'b'`,
        `insert into job (${key}, title) select ${key}, 'x' from job where title = 'b' on conflict (${key}) do update set parent_${key} = excluded.${key}`,
        `delete from job where title = '${key} more ${count - 1}'`,
      ])
    }
    await done('up', lastExpand)
    for (const key of ['id', 'uid', 'id', 'uid']) {
      await both()
      await writeAs(key)
    }
    await both()
    const rows = await query(url, old)
    await done('down', first, '--yes')
    expect(diffCatalogs(await readSchema(url), start)).toEqual([])
    expect(await query(url, old)).toEqual(rows)
    await writeAs('id')
    await done('up', lastExpand)
    await both()

    // The newer release goes on while the last step takes the numbers away, by what it has prepared before.
    const ended = new AbortController()
    const newer = withClient(url, async (client) => {
      for (let n = 0; !ended.signal.aborted; n += 1) {
        const text = `with j as (insert into job (title) values ($1) returning uid) insert into line (job_uid) select uid from j returning job_uid`
        await client.query({ name: 'add', text, values: [`swap ${n}`] })
        await client.query({
          name: 'read',
          text: 'select title, parent_uid from job where uid = (select max(uid::text)::uuid from job)',
        })
      }
    })
    await done('up', '--yes')
    ended.abort()
    await newer
    await writeAs('uid')
    await endsWithoutWayBack(after, { first, start, tables: 'job, job_tags, line, pair' })
  },
)

const WORDS = `select w.id::text, w.said, (select o.said from word o where o.id = w.of_id) as of from word w union all select l.word_id::text, null, (select said from word where id = l.word_id) from line l order by 1, 2, 3`

const toWords = (id: string) => ({
  word: `id: ${id}, said: p.text(), of: () => p.manyToOne(entities.word).nullable().deleteRule('set null')`,
  line: `word: () => p.manyToOne(entities.word).deleteRule('cascade')`,
})

test(
  'a key of texts that are uuids becomes one while both releases read and write it by one name, before and after',
  { timeout: 300_000, tags: 'long' },
  async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((one) => `8d3b7a52-0c2c-4d0b-9a55-0f6f3a4d1c1${one}`)
    await writeEntities(project.config, toWords('p.text().primary()'))
    const first: string = JSON.parse(await done('create', 'first', '--json')).name
    await done('up')
    await done('release', '1.0')
    await send([
      `insert into word values ('${a}', 'a', null), ('${b}', 'b', '${a}')`,
      `insert into line (word_id) values ('${a}'), ('${b}')`,
    ])
    const start = await readSchema(url)
    await writeEntities(
      project.config,
      toWords(`p.uuid().primary().defaultRaw('gen_random_uuid()')`),
    )
    const { firstFile, lastExpand } = await createFiles('--fill', 'word.id=id::uuid')
    let count = 0
    /** The older release gives each row its key; the newer one may leave it to the database. */
    const write = async () => {
      count += 1
      const own = `8d3b7a52-0c2c-4d0b-9a55-0f6f3a4d1d${String(count).padStart(2, '0')}`
      await send([
        `insert into word (id, said, of_id) values ('${own}', 'older ${count}', '${b}')`,
        `insert into word (said, of_id) select 'newer ${count}', id from word where said = 'older ${count}'`,
        `insert into line (word_id) select id from word where said like '% ${count}'`,
        `update word set of_id = (select id from word where said = 'newer ${count}') where id = '${a}'`,
        `update line set word_id = '${a}' where word_id = '${own}'`,
        `insert into word (id, said) values ('${own}', 'again') on conflict (id) do update set said = 'older again ${count}'`,
      ])
    }
    const kept = async (work: () => Promise<unknown>) => {
      const before = await query(url, WORDS)
      await work()
      expect(await query(url, WORDS)).toEqual(before)
    }
    await kept(() => done('up', firstFile))
    await write()
    await kept(() => done('up', lastExpand))
    await write()
    await kept(() => done('down', first, '--yes'))
    expect(diffCatalogs(await readSchema(url), start)).toEqual([])
    await send([`insert into word values ('${c}', 'c', '${a}')`])
    await kept(() => done('up', lastExpand))
    await write()
    await kept(() => done('up', '--yes'))
    await write()
    expect(
      await query(
        url,
        'select pg_typeof(id)::text as id, pg_typeof(of_id)::text as of from word limit 1',
      ),
    ).toEqual([{ id: 'uuid', of: 'uuid' }])
  },
)

test('a column moves to a table that is made with it: a row that the newer release adds takes what the older one has, and both follow', async () => {
  const card = `person: () => p.oneToOne(entities.person), level: p.integer().default(1), number: p.enum(['0', '1', '2', '3']).nullable().index()`
  await writeEntities(project.config, {
    person: `name: p.text(), phone: p.enum(['0', '1', '2', '3']).nullable().index()`,
  })
  const first: string = JSON.parse(await done('create', 'first', '--json')).name
  await done('up')
  await done('release', '1.0')
  await send([`insert into person (name, phone) values ('a', '1'), ('b', '2'), ('c', null)`])
  const start = await readSchema(url)
  const after = { person: 'name: p.text()', card, other: 'card: () => p.manyToOne(entities.card)' }
  await writeEntities(project.config, after)
  const { kinds, lastExpand } = await createFiles('--rename', 'person.phone:card.number')
  expect(kinds).toEqual([
    'expand ',
    'expand add',
    'expand backfill',
    'expand build',
    'contract contract',
  ])
  const both = async () =>
    expect(
      await query(
        url,
        'select p.name, number as a from card c join person p on p.id = c.person_id order by 1',
      ),
    ).toEqual(
      await query(
        url,
        'select p.name, phone as a from card c join person p on p.id = c.person_id order by 1',
      ),
    )
  const older = [
    `insert into person (name, phone) values ('d', '3')`,
    `update person set phone = '0' where name = 'a'`,
  ]
  const newer = [
    `insert into card (person_id) select id from person where name <> 'c'`,
    `with p as (insert into person (name) values ('e') returning id) insert into card (person_id, number) select id, '1' from p`,
    `update card set number = '2' where person_id = (select id from person where name = 'd')`,
    `insert into other (card_id) select min(id) from card`,
  ]
  await done('up', lastExpand)
  await send(older)
  // Whose row has none in the other table would lose its value.
  const early = await migrate(['up', '--yes', '--config', project.config], { DATABASE_URL: url })
  expect([early.exit, early.stderr]).toEqual([
    3,
    expect.stringContaining(
      '"phone" of "person" has values in rows to which no row of "card" belongs',
    ),
  ])
  await send(newer)
  await both()
  await send([`update person set phone = '3' where name = 'b'`])
  await both()
  const phones = 'select name, phone from person order by 1'
  const rows = await query(url, phones)
  await done('down', first, '--yes')
  expect(diffCatalogs(await readSchema(url), start)).toEqual([])
  expect(await query(url, phones)).toEqual(rows)
  // The archive gives the table its rows back.
  await done('up', lastExpand)
  await both()
  const numbers =
    'select p.name, c.number as phone from person p left join card c on c.person_id = p.id order by 1'
  await done('up', '--yes')
  expect(await query(url, numbers)).toEqual(rows)
  await done('down', '-1', '--yes')
  expect(await query(url, phones)).toEqual(rows)
  await both()
  await done('up', '--yes')
  expect(await query(url, numbers)).toEqual(rows)
  expect(diffCatalogs(await readSchema(url), await schemaOf(after))).toEqual([])
}, 300_000)

const NOTHING = new KnownObjects()

/** Deterministic, so that what fails fails again. */
function picker(seed: number) {
  let state = seed
  const next = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
  return <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)] as T
}

const IDS = ['1', '2', '3', '4', '5', '6', '7', '8'] as const

const TEXTS = [
  `'Ann Lee'`,
  `''`,
  'null',
  `'Cher'`,
  `' a  b '`,
  `'é "quoted" ''x'''`,
  `E'\\\\ $both$'`,
]

test(
  'what the trigger makes of a row that the old release writes is what the backfill makes of it',
  { tags: 'long' },
  async () => {
    const table = { schema: 'Odd "s', name: 'T.$both$' }
    const name = quoteName(table.name, table.schema)
    const duals = [
      {
        forward: { 'New "N': '"tg_op"', paper: '"doc"' },
        back: { tg_op: '"New ""N"', doc: '"paper"' },
        areTwins: true as const,
      },
      // Not the way that leads back: what a backfill computes is no reason to write the old column.
      {
        forward: {
          x: `upper(split_part(a, ' ', 1))`,
          y: `nullif(substr(a, strpos(a || ' ', ' ') + 1), '')`,
        },
        back: { a: `concat_ws(' ', x, y)` },
      },
      { forward: { m: `coalesce(n, 0) * 2 + length(coalesce(a, ''))` }, back: {} },
    ]
    const pick = picker(Number(process.env.TRIAL_SEED ?? 7))
    const values = () => [
      pick(TEXTS),
      pick(['1.0', '1.00', 'null']),
      pick([`'{"a":1}'`, `'{"a": 1}'`, 'null']),
      pick(TEXTS),
    ]
    const writes = Array.from({ length: 60 }, (_, n) => {
      const [text, number, doc, old] = values()
      return n % 3 === 0
        ? `insert into ${name} (id, a, n, doc, tg_op) values (${n}, ${text}, ${number}, ${doc}, ${old})`
        : `update ${name} set ${pick([`a = ${text}`, `n = ${number}`, `doc = ${doc}`, `tg_op = ${old}`, `a = ${text}, n = ${number}`])} where id % 5 = ${n % 5}`
    })
    const prepare = [
      `create schema if not exists "Odd ""s"`,
      `create table ${name} (id int primary key, a text, n numeric, doc json, tg_op text, "New ""N" text, paper json, x text, y text, m numeric)`,
    ]
    const made = duals.map((one, n) => writeDual({ table, about: `${n}`, sides: [one] }, NOTHING))
    const read = `select array_agg(t::text order by id) as rows from ${name} t`
    const gone = `drop table ${name}`
    await send([...prepare, ...made.flatMap(({ make }) => make), ...writes])
    const [kept] = await query(url, read)
    await send([gone, ...made.map(({ drop }) => drop.at(-1) ?? ''), ...prepare, ...writes])
    for (const [n, { forward }] of duals.entries()) {
      const sets = Object.entries(forward).map(([one, value]) => `${quoteName(one)} = (${value})`)
      await send([...(made[n]?.make ?? []), `update ${name} set ${sets.join(', ')}`])
    }
    expect(kept).toEqual((await query(url, read))[0])

    // The new release writes the other side, and what it writes is what it reads.
    for (const text of TEXTS) {
      await send([`update ${name} set "New ""N" = ${text}, x = ${text}, y = 'z', m = -1`])
      expect(
        await query(
          url,
          `select count(*)::int as wrong from ${name} where tg_op is distinct from ${text} or x is distinct from ${text} or a is distinct from concat_ws(' ', ${text}, 'z') or m <> -1`,
        ),
      ).toEqual([{ wrong: 0 }])
    }
  },
)

test('what both releases write stays as it was written, whatever it equals', async () => {
  const forward = { n: 'length(a)' }
  const shared = new Set(['n'])
  const table = { name: 'shared' }
  await send([
    `create table shared (a text, n int)`,
    ...writeDual({ table, about: 'n', sides: [{ forward, back: {}, shared }] }, NOTHING).make,
    `insert into shared values ('abc', 3), ('abc', null)`,
    `update shared set a = 'abcdef'`,
  ])
  expect(await query(url, 'select distinct n from shared')).toEqual([{ n: 3 }])
})

const TRIGGERED = [
  {
    name: 'a column under two names',
    sides: { forward: { c: '"a"' }, back: { a: '"c"' }, areTwins: true },
    fill: `c = a where c is null and a is not null`,
    // Of an update of the batch, of a write of neither column, and of a write of the old one.
    calls: [0, 0, 2],
    rows: ['A A', 'A A'],
  },
  {
    name: 'a value that is only computed: whether it follows what it is computed from, the function knows',
    sides: { forward: { c: `a || '!'` }, back: {} },
    fill: `c = a || '!' where c is null and a is not null`,
    calls: [0, 2, 2],
    rows: ['A A!', 'A A!'],
  },
  {
    name: 'a column that takes the place of another',
    sides: { forward: { c: `a || '!'` }, back: { a: `rtrim(c, '!')` } },
    fill: `c = a || '!' where c is null and a is not null`,
    // A row without either has one call for any write.
    calls: [1, 1, 2],
    rows: ['A A!', 'A A!'],
  },
] as const

test.each(TRIGGERED)(
  'a write that gives its function nothing to do does not call it: $name',
  async ({ sides, fill, calls, rows }) => {
    await send([
      `create table called (id int primary key, a text, c text, other int)`,
      `insert into called values (1, 'a'), (2, null)`,
      ...writeDual({ table: { name: 'called' }, about: 'c', sides: [sides] }, NOTHING).make,
    ])
    const count = async (update: string) =>
      withClient(url, async (client) => {
        await client.query(`set track_functions = 'pl'; begin; update called set ${update}`)
        const { rows: counted } = await client.query<{ n: number }>(
          `select coalesce(pg_stat_get_xact_function_calls('zz_called_c_both'::regproc), 0)::int as n`,
        )
        await client.query('commit')
        return counted[0]?.n
      })
    expect([await count(fill), await count('other = 1'), await count(`a = 'A'`)]).toEqual(calls)
    expect(await query(url, `select concat_ws(' ', a, c) as row from called order by id`)).toEqual(
      rows.map((row) => ({ row })),
    )
  },
)

test(
  'rights that a release needs, and that nobody has given it, are counted before anything is changed',
  { tags: 'long' },
  async () => {
    const role = `writer_${process.pid}_${Date.now()}`
    await writeEntities(project.config, {
      kind: 'title: p.text()',
      job: 'title: p.text().nullable()',
      run: 'used: p.text().nullable()',
      old: 'n: p.integer().nullable()',
    })
    await done('create', 'first')
    await done('up')
    await done('release', '1.0')
    await writeEntities(project.config, {
      kind: 'title: p.text()',
      job: 'head: p.text().nullable()',
      run: 'kind: () => p.manyToOne(entities.kind).nullable()',
      next: 'n: p.integer().nullable()',
    })
    const renames = ['--rename', 'job.title:head', '--rename', 'old:next', '--drop', 'run.used']
    const fills = [
      'run.kind_id=(select id from kind where title = used)',
      'run.used=(select title from kind where kind.id = kind_id)',
    ]
    await done('create', 'second', ...renames, ...fills.flatMap((one) => ['--fill', one]))
    const refused = async (says: RegExp) => {
      const { exit, stderr } = await migrate(['up', '+1', '--config', project.config], {
        DATABASE_URL: url,
      })
      expect(exit).not.toBe(0)
      expect(stderr).toMatch(says)
    }
    try {
      await send([`create role ${role}`, `grant insert on run to ${role}`])
      await refused(/Roles that write "run" may not read "kind"/)
      const usage = 'usage on schema public'
      await send([`grant select on kind to ${role}`, `revoke ${usage} from public`])
      await refused(/Roles that write "run" may not read "kind".*USAGE on its schema/)
      await send([`grant ${usage} to public`, `grant select (title) on job to ${role}`])
      await refused(/rights on single columns of "job".*"title" also on "head"/)
      await send([
        `revoke select (title) on job from ${role}`,
        `grant select (n) on old to ${role}`,
      ])
      await refused(/Roles have rights on "old"/)
      await send([
        `revoke select (n) on old from ${role}`,
        `grant ${role} to current_user`,
        `alter table old owner to ${role}`,
      ])
      await refused(/Roles have rights on "old"/)
      await send([`alter table old owner to current_user`])
      await done('up', '+1')
    } finally {
      await send([`drop owned by ${role}`, `drop role ${role}`])
    }
  },
)

test(
  'a sequence that an identity could not stand for is refused before anything is changed',
  { tags: 'long' },
  async () => {
    const role = `inserter_${process.pid}_${Date.now()}`
    const identity = `id: p.integer().primary().generated('by default as identity')`
    await writeEntities(project.config, {
      job: 'n: p.integer()',
      line: `${identity}, n: p.integer()`,
      note: `id: p.integer().primary().autoincrement(false)`,
    })
    await done('create', 'first')
    await done('up')
    await writeEntities(project.config, {
      job: `${identity}, n: p.integer()`,
      line: 'n: p.integer()',
      note: identity,
    })
    await done('create', 'second')
    const refused = async (says: RegExp, change: string, back: string) => {
      await send([change])
      const { exit, stderr } = await migrate(
        ['up', '--allow-drift', 'a test', '--config', project.config],
        {
          DATABASE_URL: url,
        },
      )
      expect([exit, stderr]).toEqual([3, expect.stringMatching(says)])
      await send([back])
    }
    const isOwn = /"job_id_seq" is not for "id" of "job" alone/
    const use = 'create table other (n int'
    await refused(isOwn, `${use} default nextval('job_id_seq'))`, 'drop table other')
    const owned = 'alter sequence job_id_seq owned by'
    await refused(isOwn, `${owned} none`, `${owned} job.id`)
    const [ways, counts] = [/counts in a way of its own/, 'alter sequence']
    await refused(ways, `${counts} job_id_seq increment 2`, `${counts} job_id_seq increment 1`)
    await refused(ways, `${counts} line_id_seq increment 2`, `${counts} line_id_seq increment 1`)
    for (const one of ['job_id_seq', 'line_id_seq']) {
      const own = new RegExp(`"${one}" has a comment, or rights`)
      await refused(own, `comment on sequence ${one} is 'x'`, `comment on sequence ${one} is null`)
      const [on, to] = [`usage on sequence ${one}`, 'public']
      await refused(own, `grant ${on} to ${to}`, `revoke ${on} from ${to}`)
    }
    try {
      const grant = `create role ${role}; grant insert (n) on line to ${role}`
      await refused(
        /would have no right on the new sequence "line_id_seq"/,
        grant,
        `alter default privileges grant usage on sequences to ${role}`,
      )
      // In a file of its own, which comes after that.
      const isTaken = /"note_id_seq", and something else has that name/
      await refused(isTaken, 'create sequence note_id_seq', 'drop sequence note_id_seq')
      await done('up')
      await send([`set role ${role}; insert into line (n) values (1)`])
    } finally {
      await send([`drop owned by ${role}`, `drop role ${role}`])
    }
  },
)

test(
  'a key that is copied is the same to all who write it, whatever refers to it',
  { tags: 'long' },
  async () => {
    const tables = [
      `create table job (id int generated by default as identity primary key, title text unique, parent int references job (id) on update cascade on delete set null)`,
      `create table line (id serial primary key, job int not null references job on update cascade on delete cascade)`,
      `create table pair (job int references job (id) on delete restrict, n int, primary key (job, n))`,
    ]
    const up = ['job.id', 'job.parent', 'line.job', 'pair.job', 'line.id'].map(
      (one) => `alter table ${one.replace('.', ' alter column ')} type bigint;`,
    )
    const files = await planSteps(tables, up)
    const steps = files.flatMap(({ suffix, texts }) =>
      texts.map((sql) => ({ sql, isLast: suffix === 'contract' })),
    )
    await using asItWas = await openSchema('as_it_was', tables)
    await using copied = await openSchema('copied', tables)
    const pick = picker(Number(process.env.TRIAL_SEED ?? 11))
    const trial = async (writes: number) => {
      const outcomes: unknown[] = []
      for (let n = 0; n < writes; n += 1) {
        const sql = writeKeyed(pick)
        const [was, is] = [await asItWas.tryTo(sql), await copied.tryTo(sql)]
        expect([sql, is]).toEqual([sql, was])
        outcomes.push(was)
      }
      expect(await copied.run(KEYED_ROWS)).toEqual(await asItWas.run(KEYED_ROWS))
      return new Set(outcomes)
    }
    await trial(60)
    for (const { sql } of steps.filter(({ isLast }) => !isLast)) {
      await copied.run(sql)
      await trial(15)
    }
    // Each side refuses what breaks a key: before 18 PostgreSQL has no code of its own for RESTRICT.
    const outcomes = await trial(300)
    expect(['23503', '23505', 'done'].filter((one) => !outcomes.has(one))).toEqual([])
    for (const { sql } of steps.filter(({ isLast }) => isLast)) await copied.run(sql)
    await trial(60)
    await copied.run('alter sequence job_id_seq restart with 3000000000')
    await copied.run(`with j as (insert into job default values returning id) select id from j`)
    expect(await copied.tryTo(`insert into line (job) select max(id) from job`)).toBe('done')
  },
)

const UUIDS = [
  `create table job (id int generated by default as identity primary key, title text unique, number int unique, parent int references job (id) on update cascade on delete set null)`,
  `create table line (id serial primary key, job int not null references job on update cascade on delete cascade, other int references job)`,
  `create table pair (job int references job (id) on delete restrict, n int, primary key (job, n))`,
  `create table note (id serial primary key, job int references job deferrable initially deferred)`,
  `create table sub (id serial primary key, number int references job (number) on update cascade on delete set null)`,
]

/** The columns of the tables that are keys, or refer to one. */
const TO_UUID = 'job.id job.number job.parent line.job line.other pair.job note.job sub.number'

/** By what a key was, where \`of\` is what has a value of a table by either. */
const readUuids = (of: (value: string) => string) =>
  `select 'job' as t, ${of('j.id')} as a, title as b, ${of('j.parent')} as c, ${of('j.number')} as d from job j
   union all select 'line', ${of('l.job')}, null, ${of('l.other')}, null from line l union all select 'pair', ${of('p.job')}, n::text, null, null from pair p
   union all select 'note', ${of('n.job')}, null, null, null from note n union all select 'sub', ${of('s.number')}, null, null, null from sub s order by 1, 2, 3, 4, 5`

function writeUuids(pick: <T>(values: readonly T[]) => T): string {
  const [id, other] = [pick(IDS), pick(IDS)]
  return pick([
    writeKeyed(pick),
    writeKeyed(pick),
    `insert into job (id, parent) values (${id}, ${id})`,
    // A row comes before the one to which it refers.
    `insert into job (id, parent) values (${id}00, ${other}09), (${other}09, null)`,
    `with j as (insert into job (id) values (${id}00)) insert into line (job, other) values (${id}00, ${id}00)`,
    `insert into note (job) values (${id}00); insert into job (id, title) values (${id}00, null) on conflict do nothing`,
    `insert into note (job) values (${id}05)`,
    `insert into note (job) values (${id}00); insert into job (id) values (${id}00); delete from note where job = ${id}00; update job set id = ${id}07 where id = ${id}00; insert into job (id) values (${id}00)`,
    `delete from note where job > 99; delete from job where id > 99`,
    `update note set job = ${pick([other, 'null'])} where job = ${id}`,
    `update line set job = ${other}, other = ${pick([id, 'null'])} where job = ${id}`,
    `update job set number = ${pick([other, 'null'])} where id = ${id}`,
    `insert into sub (number) values (${pick([id, 'null'])})`,
    `update sub set number = ${other} where number = ${id}`,
    `delete from job where id = ${id} and parent is null`,
  ])
}

const uuidOf = (id: string) => `(select id_new from job where id = ${id})`

/** What the new release writes, by the uuids alone; \`_new\` goes from what says the same of the old release. */
function writeByUuid(pick: <T>(values: readonly T[]) => T): string {
  const [id, other] = [pick(IDS), pick(IDS)]
  return pick([
    `insert into job (title, parent_new) values (null, ${uuidOf(id)})`,
    `insert into line (job_new, other_new) select id_new, ${uuidOf(other)} from job where id = ${id}`,
    `update line set job_new = j.id_new from job j where j.id = ${other} and line.job_new = ${uuidOf(id)}`,
    `update line set other_new = null where job_new = ${uuidOf(id)}`,
    `update job set parent_new = ${uuidOf(other)} where id_new = ${uuidOf(id)}`,
    `update job set parent_new = id_new where id_new = ${uuidOf(id)}`,
    `insert into pair (job_new, n) select id_new, ${other} from job where id = ${id}`,
    `insert into note (job_new) values (${uuidOf(id)})`,
    `insert into sub (number_new) values ((select number_new from job where number = ${id}))`,
    `delete from job where id_new = ${uuidOf(id)}`,
  ])
}

/** What a column was whose copy has a uuid: of the rows that are there, and of those that were known. */
function oldOf(value: string): string {
  const to = value.endsWith('number') ? 'number' : 'id'
  return `(select k.${to} from job k where k.${to}_new = ${value}_new)::text`
}

function knownOf(value: string): string {
  const [of, by] = value.endsWith('number') ? ['number', 'number_new'] : ['id', 'uuid']
  return `(select k.${of} from known k where k.${by} = ${value})::text`
}

test(
  'a key that becomes a uuid is known by it to all that refers to it, whichever of the two is written',
  { tags: 'long' },
  async () => {
    const files = await planSteps(UUIDS, toUuids())
    await using asItWas = await openSchema('as_it_was', UUIDS)
    await using copied = await openSchema('copied', UUIDS)
    const pick = picker(Number(process.env.TRIAL_SEED ?? 13))
    const wrote: [sql: string, outcome: unknown][] = []
    const readOld = readUuids((value) => `${value}::text`)
    const trial = async (writes: number, write = writeUuids) => {
      for (let n = 0; n < writes; n += 1) {
        const sql = write(pick)
        const [was, is] = [await asItWas.tryTo(sql.replaceAll('_new', '')), await copied.tryTo(sql)]
        expect([sql, is]).toEqual([sql, was])
        wrote.push([sql, was])
      }
      expect(await copied.run(readOld)).toEqual(await asItWas.run(readOld))
    }
    const byUuid = async () => {
      expect(await copied.run(readUuids(oldOf))).toEqual(await copied.run(readOld))
    }
    await trial(100)
    const textsOf = (...suffixes: readonly string[]) =>
      suffixes.flatMap((suffix) =>
        files.filter((one) => one.suffix === suffix).flatMap(({ texts }) => texts),
      )
    for (const sql of textsOf('add', 'backfill', 'build')) {
      await copied.run(sql)
      await trial(15)
    }
    await byUuid()
    await trial(300)
    await byUuid()
    for (let n = 0; n < 20; n += 1) {
      await trial(15, writeByUuid)
      await trial(5)
      await byUuid()
    }
    const outcomes = new Set(wrote.map(([, outcome]) => outcome))
    expect(['23503', '23505', 'done'].filter((one) => !outcomes.has(one))).toEqual([])
    const forward = wrote.filter(
      ([sql, is]) => is === 'done' && /00, .09|00, .00|note.*;/.test(sql),
    )
    expect(forward.length).toBeGreaterThan(3)

    await copied.run('create table known as select id, id_new as uuid, number, number_new from job')
    const before = await copied.run(readOld)
    for (const sql of textsOf('contract')) await copied.run(sql)
    expect(await copied.run(readUuids(knownOf))).toEqual(before)
    expect(await copied.tryTo('insert into line (job) values (gen_random_uuid())')).toBe('23503')
  },
)

const toUuids = () =>
  TO_UUID.split(' ').map((one) => {
    const [table, column] = one.split('.')
    return `alter table ${table} alter column ${column} type uuid using (${column}::text::uuid);`
  })

test('what is replicated into a table stays as it was sent, also a row that comes before the one to which it refers', async () => {
  const files = await planSteps(UUIDS, toUuids())
  await using own = await openSchema('own', UUIDS)
  expect(await runSteps(own, files, 'add', 'backfill', 'build')).toEqual({})
  const [a, b] = ['a', 'b'].map((one) => `8d3b7a52-0c2c-4d0b-9a55-0f6f3a4d1c1${one}`)
  // As a worker of a subscription writes; tables are copied at first in any order, without the triggers of foreign keys.
  await own.run(`set session_replication_role = replica`)
  await own.run(
    `insert into line (id, job, job_new, other, other_new) values (1, 1, '${a}', 2, '${b}')`,
  )
  await own.run(`insert into note (id, job, job_new) values (1, 1, '${a}')`)
  await own.run(
    `insert into job (id, id_new, parent, parent_new) values (1, '${a}', 2, '${b}'), (2, '${b}', 2, '${b}')`,
  )
  await own.run(
    `update line set other = 1, other_new = '${a}', job = 3, job_new = '8d3b7a52-0c2c-4d0b-9a55-0f6f3a4d1c1c'`,
  )
  expect(
    await own.run(
      'select job, other, job_new is null as of, other_new::text as other_new from line',
    ),
  ).toEqual([{ job: 3, other: 1, of: false, other_new: a }])
  expect(
    await own.run(
      'select id, id_new::text as by, parent, parent_new::text as of from job order by 1',
    ),
  ).toEqual([
    { id: 1, by: a, parent: 2, of: b },
    { id: 2, by: b, parent: 2, of: b },
  ])
  expect(await own.run('select job, job_new::text as of from note')).toEqual([{ job: 1, of: a }])
})

/** One of several sessions: each has ids of its own, so that only what refers to another one may fail. */
async function writeSession(schema: string, session: number, met: Set<unknown>) {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(`set search_path = ${schema}`)
  const pick = picker(session * 7 + 3)
  for (let n = 0; n < 120; n += 1) {
    const [own, other] = [
      1000 * session + pick(IDS.map(Number)),
      1000 * pick([1, 2, 3, 4]) + pick(IDS.map(Number)),
    ]
    const texts = [
      `insert into job (id) values (${own}) on conflict do nothing`,
      pick([
        `insert into line (job, other) values (${own}, ${own})`,
        `insert into line (job) select id from job where id = ${other}`,
      ]),
      pick([
        `insert into note (job) values (${own}), (${own})`,
        `delete from note where job = ${own}`,
      ]),
      pick([
        `update job set parent = ${own} where id = ${own}`,
        `update line set other = null where job = ${own}`,
      ]),
    ]
    const order = pick([
      [2, 0, 1, 3],
      [0, 1, 2, 3],
      [2, 0, 3, 1],
    ])
    try {
      await client.query(`begin; ${order.map((at) => texts[at]).join('; ')}; commit`)
    } catch (error) {
      met.add((error as { code?: string }).code)
      await client.query('rollback')
    }
  }
  await client.end()
}

/** Four sessions at a time: the codes of what they have met. */
async function writeAtOnce(schema: string) {
  const met = new Set<unknown>()
  await Promise.all([1, 2, 3, 4].map((session) => writeSession(schema, session, met)))
  return [...met]
}

test('sessions that write a key that becomes a uuid, and what refers to it, in any order, meet nothing that they did not meet before', async () => {
  const files = await planSteps(UUIDS, toUuids())
  await using _asItWas = await openSchema('as_it_was', UUIDS)
  await using copied = await openSchema('copied', UUIDS)
  expect(await writeAtOnce('as_it_was')).toEqual([])
  // A run takes the locks of its steps without a deadlock: here nobody writes meanwhile.
  expect(await runSteps(copied, files, 'add')).toEqual({})
  const writing = writeAtOnce('copied')
  expect(await runSteps(copied, files, 'backfill')).toEqual({})
  expect(await writing).toEqual([])
  expect(await runSteps(copied, files, 'build')).toEqual({})
  expect(await writeAtOnce('copied')).toEqual([])
  expect(await copied.run(readUuids(oldOf))).toEqual(
    await copied.run(readUuids((value) => `${value}::text`)),
  )
  expect(await runSteps(copied, files, 'contract')).toEqual({})
}, 120_000)

test('what would keep a uuid from a row that refers to it, and a text that is none, is counted before anything is changed', async () => {
  const role = `reader_${process.pid}_${Date.now()}`
  const tables = [
    `create table word (id text primary key)`,
    `create table use (id serial primary key, word text references word)`,
    `insert into word values ('8d3b7a52-0c2c-4d0b-9a55-0f6f3a4d1c11')`,
  ]
  const up = ['word alter column id', 'use alter column word'].map((one) => {
    const column = one.split(' ').at(-1)
    return `alter table ${one} type uuid using (${column}::text::uuid);`
  })
  const files = await planSteps(tables, up, { 'word.id': 'id::uuid' })
  await using own = await openSchema('own', tables)
  const counted = async (change: string, back: string) => {
    await own.run(change)
    const found = await runSteps(own, files, 'add')
    await own.run(back)
    return found
  }
  try {
    await own.run(`create role ${role}`)
    expect(
      await counted(`grant insert on use to ${role}`, `revoke insert on use from ${role}`),
    ).toEqual({ roles: '1' })
    const security = 'row level security'
    expect(
      await counted(`alter table word enable ${security}`, `alter table word disable ${security}`),
    ).toEqual({ tables: '1' })
  } finally {
    await own.run(`drop owned by ${role}`)
    await own.run(`drop role ${role}`)
  }
  const insert = 'insert into word values'
  expect(await counted(`${insert} ('no uuid')`, `delete from word where id = 'no uuid'`)).toEqual({
    changed: '1',
  })
  const again = `'8D3B7A52-0c2c-4d0b-9a55-0f6f3a4d1c11'`
  expect(await counted(`${insert} (${again})`, `delete from word where id = ${again}`)).toEqual({
    duplicates: '1',
  })
  expect(await runSteps(own, files, 'add', 'backfill', 'build')).toEqual({})
  // What the release writes that knows the uuid alone, the other one reads.
  await own.run(`with w as (insert into word (id_new) values ('8d3b7a52-0c2c-4d0b-9a55-0f6f3a4d1c12') returning id_new)
    insert into use (word_new) select id_new from w`)
  expect(await own.run('select word from use')).toEqual([
    { word: '8d3b7a52-0c2c-4d0b-9a55-0f6f3a4d1c12' },
  ])
  await own.run('alter table use disable trigger all')
  await own.run('update use set word = (select min(id) from word)')
  await own.run('alter table use enable trigger all')
  expect(await runSteps(own, files, 'contract')).toEqual({ different: '1' })
})

/** The files of the recipes of a change, with what each of them runs, transaction by transaction. */
async function planSteps(
  tables: readonly string[],
  up: readonly string[],
  fills: Readonly<Record<string, string>> = {},
  renames: Readonly<Record<string, string>> = {},
) {
  const known = new KnownObjects()
  for (const { node } of await parseSql(tables.join(';'))) known.learn(node)
  const [values, moves] = [fills, renames].map((one) => new Map(Object.entries(one)))
  const answers = {
    known,
    previous: known.copy(),
    fills: values ?? new Map(),
    renames: moves ?? new Map(),
  }
  const { recipes, rest } = await planRecipes({ up, down: [] }, answers)
  expect(rest.up).toEqual([])
  return recipes.flat().map(({ suffix, up: own, backfill, isTogether, requires = [] }) => {
    const { table = '', set = {}, remains = '' } = backfill ?? {}
    const sets = Object.entries(set).map(([column, value]) => `${quoteName(column)} = ${value}`)
    const texts = own.filter((one) => typeof one === 'string')
    const [filling, others] = [true, false].map((isFill) =>
      texts.filter((one) => one.startsWith('do ') === isFill),
    )
    const all = isTogether ? [...(filling ?? []), others?.join('') ?? ''] : texts
    const batch = `update ${table} set ${sets.join(', ')} where ${remains}`
    return { suffix, requires, texts: backfill ? [batch] : all }
  })
}

type Planned = Awaited<ReturnType<typeof planSteps>>

/** Runs files of some kinds, unless their checks count something: returns that. */
async function runSteps(
  { run }: Awaited<ReturnType<typeof openSchema>>,
  files: Planned,
  ...suffixes: readonly string[]
) {
  const found: Record<string, string> = {}
  const own = files.filter(({ suffix }) => suffixes.includes(suffix))
  for (const { query: text } of own.flatMap(({ requires }) => requires))
    for (const [what, count] of Object.entries((await run(text))[0] ?? {}))
      if (count !== '0') found[what] = String(count)
  if (Object.keys(found).length === 0)
    for (const sql of own.flatMap(({ texts }) => texts)) await run(sql)
  return found
}

const COMPOSITES = [
  `create type pair as (n int, t text)`,
  `create table job (id int primary key, a pair, b pair)`,
  `insert into job select n, p, p from unnest(array[row(1, 'x'), row(1, null), row(null, null), null]::pair[]) with ordinality as u (n1, t1, n)
    cross join lateral (select case when n < 4 then row(n1, t1)::pair end as p) as made`,
]

const isSame = (one: string, other: string) =>
  `pg_column_size(${one}) is not distinct from pg_column_size(${other}) and ${one} is not distinct from ${other}`

test('a composite value is one, whatever of it is NULL', async () => {
  const up = [
    'alter table job rename column b to d;',
    'alter table job add column c pair;',
    'alter table job drop column a;',
  ]
  const files = await planSteps(COMPOSITES.slice(0, 2), up, { 'job.c': 'a', 'job.a': 'c' })
  await using there = await openSchema('there', COMPOSITES)
  expect(await runSteps(there, files, 'add', 'backfill')).toEqual({})
  const wrong = `select id from job where not (${isSame('a', 'c')} and ${isSame('b', 'd')})`
  expect(await there.run(wrong)).toEqual([])
  // The way back of a rename, which has made the second column again.
  await there.run('alter table job disable trigger all; update job set d = null')
  await there.run('alter table job enable trigger all')
  await there.run(writeFill({ table: { name: 'job' }, from: 'b', to: 'd' }))
  expect(await there.run(wrong)).toEqual([])
})

test('what was made by hand of a key, and would go with it, stops its copy, and the last step where it was made since', async () => {
  const tables = [`create table job (id int generated by default as identity primary key)`]
  const files = await planSteps(tables, ['alter table job alter column id type bigint;'])
  const byHand = [
    [`comment on column job.id is 'x'`, `comment on column job.id is null`, 'settings'],
    [`grant select (id) on job to public`, `revoke select (id) on job from public`, 'rights'],
    [`create index byhand on job (id)`, `drop index byhand`, 'dependants'],
    [
      `create statistics byhand on (id % 2) from job`,
      `drop statistics if exists byhand`,
      'dependants',
    ],
    ...[
      [`grant usage on sequence job_id_seq to public`, `revoke all on job_id_seq from public`],
      [`alter sequence job_id_seq increment by 10`, `alter sequence job_id_seq increment by 1`],
      [`alter sequence job_id_seq maxvalue 10`, `alter sequence job_id_seq no maxvalue`],
      [`comment on sequence job_id_seq is 'x'`, `comment on sequence job_id_seq is null`],
    ].map(([make = '', undo = '']) => [make, undo, 'counting'] as const),
  ] as const
  await using there = await openSchema('there', tables)
  for (const suffix of ['add', 'contract'] as const) {
    if (suffix === 'contract') await runSteps(there, files, 'add', 'backfill', 'build')
    for (const [make, undo, what] of byHand) {
      await there.run(make)
      expect([suffix, make, await runSteps(there, files, suffix)]).toEqual([
        suffix,
        make,
        { [what]: '1' },
      ])
      await there.run(undo)
    }
  }
  // What a new sequence gets by default is not lost.
  await there.run(`alter default privileges grant usage on sequences to public`)
  await there.run(`grant usage on sequence job_id_seq to public`)
  expect(await runSteps(there, files, 'contract')).toEqual({})
})

test('a trigger that would change a row after ours is refused, one before it is not; so is a child, whose rows have none of ours', async () => {
  const tables = [`create table job (id int primary key, title text)`]
  const files = await planSteps(tables, ['alter table job rename column title to head;'])
  await using there = await openSchema('there', tables)
  await there.run(
    `create function low() returns trigger language plpgsql as 'begin new.title := lower(new.title); return new; end'`,
  )
  const make = (name: string) =>
    there.run(
      `create trigger ${name} before insert or update on job for each row execute function low()`,
    )
  await make('zzz')
  expect(await runSteps(there, files, 'add')).toEqual({ triggers: '1' })
  await there.run('drop trigger zzz on job; create table child () inherits (job)')
  expect(await runSteps(there, files, 'add')).toEqual({ children: '1' })
  await there.run('drop table child')
  await make('low')
  expect(await runSteps(there, files, 'add')).toEqual({})
  await there.run(`insert into job (id, title) values (1, 'OLD')`)
  expect(await there.run('select title, head from job')).toEqual([{ title: 'old', head: 'old' }])
})

test('names of tables and columns that make one name together have a function each', async () => {
  const tables = [
    'job_a (id int primary key, b int, d int, e int)',
    'job (id int primary key, a_b int, a_d int, a_e int)',
    'card (id int primary key, one int unique references job_a, two int unique references job)',
  ]
  const made = tables.map((one) => `create table ${one}`)
  const files = await planSteps(
    made,
    [
      'alter table job_a rename column b to c;',
      'alter table job rename column a_b to c;',
      'alter table job_a alter column d type bigint;',
      'alter table job alter column a_d type bigint;',
      'alter table job_a drop column e;',
      'alter table job drop column a_e;',
      'alter table card add column x int, add column y int;',
    ],
    {},
    { 'job_a.e': 'card.x', 'job.a_e': 'card.y' },
  )
  await using there = await openSchema('there', made)
  expect(await runSteps(there, files, 'add')).toEqual({})
  await there.run('insert into job_a (id, c, d, e) values (1, 1, 1, 1)')
  await there.run('insert into job (id, c, a_d, a_e) values (1, 2, 2, 2)')
  await there.run('insert into card (id, one, two) values (1, 1, 1)')
  expect(
    await there.run(
      'select b, d_new::int as d, x as e from job_a, card union all select a_b, a_d_new::int, y from job, card',
    ),
  ).toEqual([
    { b: 1, d: 1, e: 1 },
    { b: 2, d: 2, e: 2 },
  ])
})

test('a value follows what it is computed from, where another trigger makes that', async () => {
  const tables = [`create table job (id int primary key, a text not null)`]
  const files = await planSteps(
    tables,
    ['alter table job add column x text, add column b int;', 'alter table job drop column a;'],
    { 'job.x': 'upper(a)', 'job.b': 'length(x)', 'job.a': 'lower(x)' },
  )
  await using there = await openSchema('there', tables)
  await runSteps(there, files, 'add')
  await there.run(`insert into job (id, a) values (1, 'four'), (2, 'four')`)
  await there.run(`update job set a = 'longer' where id = 1`)
  await there.run(`update job set x = 'LONGEST' where id = 2`)
  expect(await there.run('select a, x, b from job order by id')).toEqual([
    { a: 'longer', x: 'LONGER', b: 6 },
    { a: 'longest', x: 'LONGEST', b: 7 },
  ])
})

const MOVED = [
  `create table person (id int primary key, phone text default 'none')`,
  `create table card (id int primary key, person int unique references person on update cascade on delete set null, level int)`,
  `insert into person values (1, 'a'), (2, null), (3, 'c')`,
  `insert into card values (1, 1, 10), (2, 3, null)`,
]

test('a column that moves has the same value in both tables, whoever writes, and who writes it reads it', async () => {
  const known = new KnownObjects()
  for (const { node } of await parseSql(MOVED.slice(0, 2).join(';'))) known.learn(node)
  const up = [
    `alter table person drop column phone, add column rank int;`,
    `alter table card drop column level, add column number text default 'none';`,
  ]
  const renames = new Map([
    ['person.phone', 'card.number'],
    ['card.level', 'person.rank'],
  ])
  const { recipes } = await planRecipes({ up, down: [] }, { known, renames })
  const files = recipes.flat()
  await using moved = await openSchema('moved', MOVED)
  await using other = await openSchema('moved_too', [`set search_path = moved`])
  const pick = picker(Number(process.env.TRIAL_SEED ?? 5))
  const trial = async (writes: number, isFilled: boolean) => {
    for (let n = 0; n < writes; n += 1) {
      const { sql, wrote = 'false' } = writeMovedRow(pick)
      const outcome = await moved.tryTo(sql)
      const unequal = isFilled
        ? `or rank is distinct from level or phone is distinct from number`
        : ''
      const wrong = `select p.*, c.* from person p left join card c on person = p.id where ${wrote} or c.id is not null and (false ${unequal})`
      expect([sql, outcome, outcome === 'done' ? await moved.run(wrong) : []]).toEqual([
        sql,
        outcome,
        [],
      ])
    }
  }
  const adds = files.flatMap(({ suffix, up: texts, requires = [] }) =>
    suffix === 'add'
      ? { suffix, requires, texts: texts.filter((one) => typeof one === 'string') }
      : [],
  )
  await moved.run('alter table card enable row level security')
  expect(await runSteps(moved, adds, 'add')).toEqual({ tables: '1' })
  await moved.run('alter table card disable row level security')
  expect(await runSteps(moved, adds, 'add')).toEqual({})
  await trial(30, false)
  const fills = files.flatMap(({ backfill }) => {
    const { table = '', set = {}, remains = '' } = backfill ?? {}
    return Object.entries(set).map(
      ([column, value]) => `update ${table} set ${quoteName(column)} = ${value} where ${remains}`,
    )
  })
  for (const fill of fills) await moved.run(fill)
  await trial(250, true)

  // Of two at the same moment the second one meets what the first has written.
  await moved.run(`delete from card; delete from person; insert into person values (1, 'a', 1)`)
  await meet(
    moved,
    `update person set rank = 2`,
    other,
    `insert into card (id, person) values (1, 1)`,
  )
  expect(await moved.run(`select level, rank from card, person`)).toEqual([{ level: 2, rank: 2 }])
  // So does a backfill that has read what was there before.
  await moved.run(`alter table card disable trigger all; update card set number = null`)
  await moved.run(`alter table card enable trigger all`)
  await meet(moved, `update person set phone = null`, other, fills[0] ?? '')
  expect(await moved.run(`select number, phone from card, person`)).toEqual([
    { number: null, phone: null },
  ])
})

type Session = Awaited<ReturnType<typeof openSchema>>

/** What one session writes before it commits, while another one writes. */
async function meet(one: Session, first: string, other: Session, second: string): Promise<void> {
  await one.run(`begin; ${first}`)
  const [{ pid }] = await other.run('select pg_backend_pid() as pid')
  const state = { isDone: false }
  const waits = other.run(second).finally(() => {
    state.isDone = true
  })
  const blockers = `select from unnest(pg_blocking_pids(${pid}))`
  while (!state.isDone && (await one.run(blockers)).length === 0);
  await one.run('commit')
  await waits
}

const isNot = (column: string, value: string) => `${column} is distinct from ${value}`

/** What either release writes, and a condition of the rows that do not have it. */
function writeMovedRow(pick: <T>(values: readonly T[]) => T): { sql: string; wrote?: string } {
  const [id, to, n] = [pick(IDS), pick(IDS), pick([...IDS, 'null'])]
  const text = n === 'null' ? n : `'${n}'`
  return pick([
    { sql: `insert into person (id, phone) values (${id}, ${text})` },
    {
      sql: `insert into person (id, rank) values (${id}, ${n})`,
      wrote: `p.id = ${id} and ${isNot('rank', n)}`,
    },
    { sql: `insert into card (id, person) values (${id}, ${to})` },
    {
      sql: `insert into card (id, person, level) values (${id}, ${to}, 7)`,
      wrote: `c.id = ${id} and ${isNot('level', '7')}`,
    },
    {
      sql: `insert into card (id, person, number) values (${id}, ${to}, 'new')`,
      wrote: `c.id = ${id} and ${isNot('number', `'new'`)}`,
    },
    {
      sql: `update person set phone = ${text} where id = ${id}`,
      wrote: `p.id = ${id} and ${isNot('phone', text)}`,
    },
    {
      sql: `update person set rank = ${n} where id in (${id}, ${to})`,
      wrote: `p.id = ${id} and ${isNot('rank', n)}`,
    },
    {
      sql: `update card set level = ${n} where id in (${id}, ${to})`,
      wrote: `c.id = ${to} and ${isNot('level', n)}`,
    },
    {
      sql: `update card set number = ${text} where id = ${id}`,
      wrote: `c.id = ${id} and ${isNot('number', text)}`,
    },
    { sql: `update card set person = ${to} where id = ${id}` },
    {
      sql: `update card set person = ${to}, level = 9 where id = ${id}`,
      wrote: `c.id = ${id} and ${isNot('level', '9')}`,
    },
    { sql: `update person set id = ${to} where id = ${id}` },
    { sql: `delete from person where id = ${id}` },
    { sql: `delete from card where id = ${id}` },
    // Of one statement that writes both, the row that refers comes first.
    {
      sql: `with p as (insert into person (id, phone, rank) values (${id}, ${text}, 3)) insert into card (id, person) values (${id}, ${id})`,
      wrote: `p.id = ${id} and (${isNot('phone', text)} or ${isNot('rank', '3')})`,
    },
    {
      sql: `with p as (insert into person (id, phone) values (${to}, 'later')) update card set person = ${to} where id = ${id}`,
      wrote: `p.id = ${to} and ${isNot('phone', `'later'`)}`,
    },
  ])
}

const KEYED_ROWS = `select 'job' as t, id::int, title, parent::int from job union all select 'line', id::int, null, job::int from line union all select 'pair', job::int, n::text, null from pair order by 1, 2, 3`

function writeKeyed(pick: <T>(values: readonly T[]) => T): string {
  const [id, other] = [pick(IDS), pick(IDS)]
  return pick([
    `insert into job (title, parent) values (nullif('${pick(IDS)}', '3'), ${pick([id, 'null'])})`,
    `insert into job (id, title) values (${id}, '${other}') on conflict (id) do update set title = excluded.title || '+'`,
    `update job set parent = ${other} where id = ${id}`,
    `update job set id = ${other} where id = ${id}`,
    `delete from job where id = ${id}`,
    `insert into line (job) values (${id})`,
    `update line set job = ${other} where job = ${id}`,
    // The column is the last of its table in the end.
    `insert into pair (job, n) values (${id}, ${other}) on conflict (job, n) do nothing`,
    `delete from pair where n = ${id}`,
  ])
}

/** Tables in a schema of their own, and a connection to which they are all that there is. */
async function openSchema(schema: string, tables: readonly string[]) {
  const client = new Client({ connectionString: url })
  await client.connect()
  const run = async (sql: string) => (await client.query(sql)).rows
  for (const sql of [`create schema ${schema}`, `set search_path = ${schema}`, ...tables])
    await run(sql)
  const tryTo = (sql: string): Promise<unknown> =>
    run(sql).then(
      () => 'done',
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
    )
  return { run, tryTo, [Symbol.asyncDispose]: () => client.end() }
}
