import { createTestDatabase, hasTime, inTurn } from '@techfacts/postgres/testing'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { migrate, type Ended } from '../testing/cli.ts'
import { writeEntities, type Entity } from '../testing/entities.ts'
import { query } from '../testing/query.ts'
import { scratchProject } from '../testing/scratch-project.ts'

/*
 * Tables that refer to each other: what changes is written in the form that locks one table at a time, builds nothing
 * again that is there, leads to what the entities say, and back, rows included.
 */

type Tables = Readonly<Record<string, Entity>>

interface Change {
  readonly before: Tables
  readonly after: Tables
  /** Of the configuration, before and after. */
  readonly routines?: readonly [readonly string[], readonly string[]]
  readonly answers?: readonly string[]
  readonly rows: string
  /** Of the statements of `up`, without their quotes. */
  readonly writes: readonly RegExp[]
  readonly not: readonly RegExp[]
}

const BUILDS = [/create (unique )?index/, /drop index/, /add constraint/, /drop constraint/]
const REFERS = 'owner: () => p.manyToOne(entities.owner).nullable()'
const ROWS = `insert into owner values (1, 'ann'); insert into job values (1, 'one', 1), (2, 'two', null)`
const OWNER = 'name: p.text().nullable()'

function written(name: string, kind: string, of: string): string {
  return `{ name: '${name}', expression: 'create ${kind} "${name}" on "job" ${of}' }`
}

function parted(...bounds: readonly (readonly [number, number])[]) {
  const partitions = bounds.map(
    ([from, to]) => `{ name: 'part_${from}', values: 'from (${from}) to (${to})' }`,
  )
  return {
    properties: 'day: p.integer().primary()',
    options: `partitionBy: { type: 'range', expression: 'day', partitions: [${partitions.join(', ')}] },`,
  }
}

function routine(name: string, param: string, body: string): string {
  return `{ name: '${name}', type: 'function', language: 'sql', deterministic: true, params: { ${param}: { type: 'integer' } }, returns: { runtimeType: 'number', columnType: 'integer' }, body: "select ${body}" }`
}

/** Rules of a table that are SQL, each with one word of it. */
const rules = (letter: string, number: string, more: string) =>
  `checks: [{ name: 'job_letter', expression: "a <> 'q${letter}'" }, { name: 'job_number', expression: 'n < 10${number}' }, { name: 'job_brackets', expression: "${more}" }], indexes: [{ properties: ['n'], name: 'job_n', where: 'n > ${number}' }], uniques: [{ properties: ['a'], name: 'job_a', where: "a <> 'u${letter}'" }], triggers: [{ name: 'job_t', timing: 'before', events: ['update'], body: "new.b := 'q${letter}'; return new;" }], policies: [{ name: 'job_p', using: "b <> 'q${letter}'" }],`

const view = (options: string, query: string) => ({
  properties: 'a: p.text()',
  options: `view: ${options}, expression: ${JSON.stringify(query)},`,
})

const CHANGES: Readonly<Record<string, Change>> = {
  'an identity of another kind is the same column': {
    before: {
      job: `id: p.integer().primary().generated('by default as identity'), n: p.integer().nullable()`,
    },
    after: { job: `id: p.integer().primary().generated('identity'), n: p.integer().nullable()` },
    rows: `insert into job (n) values (1), (2)`,
    writes: [/alter table job alter column id set generated always;/],
    not: [...BUILDS, /add (column )?id/, /drop column/],
  },
  'a column with an index, a key and a check gets another name': {
    before: {
      job: `title: p.text().index().nullable(), code: p.text().unique().nullable(), n: p.integer().check('n > 0').nullable()`,
    },
    after: {
      job: `head: p.text().index().nullable(), sign: p.text().unique().nullable(), m: p.integer().check('m > 0').nullable()`,
    },
    answers: ['--rename', 'job.title:head', '--rename', 'job.code:sign', '--rename', 'job.n:m'],
    rows: `insert into job values (1, 'one', 'c', 1), (2, 'two', 'd', null)`,
    writes: [
      /alter index job_title_index rename to job_head_index;/,
      /alter table job rename constraint job_code_unique to job_sign_unique;/,
      /alter table job rename constraint job_n_check to job_m_check;/,
    ],
    not: BUILDS,
  },
  'a foreign key gets another name': {
    before: { owner: OWNER, job: `title: p.text().nullable(), ${REFERS}` },
    after: {
      owner: OWNER,
      job: 'title: p.text().nullable(), boss: () => p.manyToOne(entities.owner).nullable()',
    },
    answers: ['--rename', 'job.owner_id:boss_id'],
    rows: ROWS,
    writes: [/rename constraint job_owner_id_foreign to job_boss_id_foreign;/],
    not: BUILDS,
  },
  'a table to which others refer gets another name': {
    before: {
      owner: `name: p.text().index().nullable()`,
      job: `title: p.text().unique().nullable(), ${REFERS}`,
    },
    after: {
      person: `name: p.text().index().nullable()`,
      job: 'title: p.text().unique().nullable(), owner: () => p.manyToOne(entities.person).nullable()',
    },
    answers: ['--rename', 'owner:person'],
    rows: ROWS,
    writes: [
      /alter table owner rename to person;/,
      /alter index owner_name_index rename to person_name_index;/,
    ],
    not: BUILDS,
  },
  'a table that refers to others gets another name': {
    before: { owner: OWNER, job: `title: p.text().unique().nullable(), ${REFERS}` },
    after: { owner: OWNER, task: `title: p.text().unique().nullable(), ${REFERS}` },
    answers: ['--rename', 'job:task'],
    rows: ROWS,
    writes: [
      /alter table task rename constraint job_title_unique to task_title_unique;/,
      /alter table task rename constraint job_owner_id_foreign to task_owner_id_foreign;/,
    ],
    not: BUILDS,
  },
  'a table is gone that others refer to, and that refers to others': {
    before: {
      firm: OWNER,
      owner: `${OWNER}, firm: () => p.manyToOne(entities.firm).nullable(), boss: () => p.manyToOne(entities.owner).nullable()`,
      job: `title: p.text().nullable(), ${REFERS}`,
    },
    after: { firm: OWNER, job: 'title: p.text().nullable()' },
    answers: ['--drop', 'owner', '--drop', 'job.owner_id'],
    rows: `insert into firm values (1, 'us'); insert into owner values (1, 'ann', 1, null), (2, 'bob', null, 1); insert into job values (1, 'one', 2)`,
    writes: [
      /alter table owner drop constraint owner_firm_id_foreign;/,
      /alter table job drop constraint job_owner_id_foreign;/,
      /drop table owner;/,
    ],
    not: [/cascade/],
  },
  'tables are gone that refer to each other': {
    before: {
      owner: `${OWNER}, job: () => p.manyToOne(entities.job).nullable()`,
      job: `title: p.text().nullable(), ${REFERS}`,
    },
    after: { other: OWNER },
    answers: ['--drop', 'owner', '--drop', 'job'],
    rows: `insert into owner values (1, 'ann', null); insert into job values (1, 'one', 1); update owner set job_id = 1`,
    writes: [/drop table owner;/, /drop table job;/],
    not: [/cascade/],
  },
  'a table with a list gets another name, and so does that of the list': {
    before: {
      owner: OWNER,
      job: 'title: p.text().nullable(), owners: () => p.manyToMany(entities.owner)',
    },
    after: {
      owner: OWNER,
      task: 'title: p.text().nullable(), owners: () => p.manyToMany(entities.owner)',
    },
    answers: [
      ['--rename', 'job:task'],
      ['--rename', 'job_owners:task_owners'],
      ['--rename', 'task_owners.job_id:task_id'],
    ].flat(),
    rows: `insert into owner values (1, 'ann'); insert into job values (1, 'one'); insert into job_owners values (1, 1)`,
    writes: [/rename constraint job_owners_pkey to task_owners_pkey;/],
    not: BUILDS,
  },
  'a table gets another name, a key of more columns, and another index that is written as SQL': {
    before: {
      job: {
        properties: 'a: p.integer(), b: p.text()',
        options: `indexes: [${written('job_b', 'index', '(lower("b"))')}],`,
      },
    },
    after: {
      task: {
        properties: 'a: p.integer().primary(), b: p.text()',
        options: `indexes: [${written('job_b', 'index', '(upper("b"))').replace('on "job"', 'on "task"')}],`,
      },
    },
    answers: ['--rename', 'job:task'],
    rows: `insert into job values (1, 1, 'x')`,
    writes: [/drop constraint task_pkey, add constraint task_pkey primary key using index/],
    not: [],
  },
  'a column of a key to which others refer gets another name': {
    before: {
      owner: `org: p.integer().primary(), ${OWNER}`,
      job: {
        properties: `title: p.text().nullable(), ${REFERS}`,
        options: `uniques: [{ properties: ['owner', 'title'] }], indexes: [{ properties: ['title'], include: ['owner'], name: 'job_i' }],`,
      },
    },
    after: {
      owner: `firm: p.integer().primary(), ${OWNER}`,
      job: {
        properties: `head: p.text().nullable(), ${REFERS}`,
        options: `uniques: [{ properties: ['owner', 'head'] }], indexes: [{ properties: ['head'], include: ['owner'], name: 'job_i' }],`,
      },
    },
    answers: [
      ['--rename', 'owner.org:firm'],
      ['--rename', 'job.owner_org:owner_firm'],
      ['--rename', 'job.title:head'],
    ].flat(),
    rows: `insert into owner values (1, 1, 'ann'); insert into job (id, title, owner_id, owner_org) values (1, 'one', 1, 1)`,
    writes: [/rename constraint job_owner_id_owner_org_foreign to job_owner_id_owner_firm_foreign/],
    not: BUILDS,
  },
  'a table with an enum of its own goes to another schema': {
    before: { job: `e: p.enum(['a', 'b']).nativeEnumName('kind').default('a')` },
    after: { 's1.job': `e: p.enum(['a', 'b']).nativeEnumName('kind').default('a')` },
    answers: ['--rename', 'job:s1.job'],
    rows: `insert into job values (1, 'b')`,
    writes: [/alter type kind set schema s1;/],
    not: [/(create|drop) type/],
  },
  'a partitioned table gets another name, and a partition': {
    before: { job: parted([0, 10]) },
    after: { task: parted([0, 10], [10, 20]) },
    answers: ['--rename', 'job:task'],
    rows: 'insert into job values (1, 1)',
    writes: [/create table part_10 partition of job/],
    not: [/create table task/, /insert into/],
  },
  'routines come, change, are called in another way, and go': {
    before: {
      job: `n: p.integer().check('stays(n) > 0').nullable(), m: p.integer().generated('(stays(n)) stored').nullable()`,
    },
    after: {
      job: `n: p.integer().check('stays(n) > 0').defaultRaw('comes(1)').nullable(), m: p.integer().generated('(stays(n)) stored').nullable()`,
    },
    routines: [
      [routine('stays', 'x', 'x + 1'), routine('turns', 'x', 'x'), routine('goes', 'x', 'x')],
      [routine('stays', 'x', 'x + 2'), routine('turns', 'y', 'y'), routine('comes', 'x', 'x')],
    ],
    rows: 'insert into job (n) values (1)',
    writes: [/drop function if exists turns/, /drop function if exists goes/],
    not: [/drop function if exists stays/],
  },
  'a reference comes': {
    before: { owner: OWNER, job: 'title: p.text().nullable()' },
    after: { owner: OWNER, job: `title: p.text().nullable(), ${REFERS}` },
    rows: `insert into owner values (1, 'ann'); insert into job values (1, 'one')`,
    writes: [/foreign key .* not valid;/, /validate constraint job_owner_id_foreign;/],
    not: [],
  },
  'an index, one of some rows and a unique key change under their names': {
    before: {
      job: `a: p.integer().index('job_i').nullable(), b: p.integer().nullable(), c: p.text().unique('job_u').nullable(), d: p.text().nullable()`,
    },
    after: {
      job: `a: p.integer().nullable(), b: p.integer().index('job_i').nullable(), c: p.text().nullable(), d: p.text().unique('job_u').nullable()`,
    },
    rows: `insert into job values (1, 1, 2, 'c', 'd'), (2, 1, 2, 'e', 'f')`,
    writes: [
      /create index concurrently job_i_new on job \(b\);[^]*drop index concurrently job_i;[^]*alter index job_i_new rename to job_i;/,
      /create unique index concurrently job_u_new[^]*alter table job drop constraint job_u, add constraint job_u unique using index job_u_new;/,
    ],
    not: [],
  },
  'indexes and keys that are written as SQL become others, come and go': {
    before: {
      job: {
        properties: 'a: p.text(), b: p.text().nullable()',
        options: `uniques: [${written('job_lower', 'unique index', '(lower("a"))')}, ${written('job_gone', 'unique index', '("a") where "b" is null')}], indexes: [${written('job_b', 'index', '(upper("b"))')}],`,
      },
    },
    after: {
      job: {
        properties: 'a: p.text(), b: p.text().nullable()',
        options: `uniques: [${written('job_md5', 'unique index', '(md5("a"))')}, ${written('job_lower', 'unique index', '(lower("a"), "b")')}], indexes: [${written('job_lower_b', 'index', '(lower("b"))')}],`,
      },
    },
    rows: `insert into job values (1, 'a', 'A'), (2, 'b', null)`,
    writes: [
      /create unique index concurrently job_md5 on job/,
      /drop index concurrently job_gone;/,
      /create unique index concurrently job_lower_new on job [^]*drop index concurrently job_lower;[^]*alter index job_lower_new rename to job_lower;/,
    ],
    not: [/drop constraint/],
  },
  'an index that is written as SQL goes with a column, and another one has its name': {
    before: {
      job: {
        properties: 'a: p.text(), b: p.text().nullable()',
        options: `uniques: [${written('job_some', 'unique index', '("a") where "b" is null')}], indexes: [${written('job_more', 'index', '(lower("a"), "b")')}],`,
      },
    },
    after: {
      job: {
        properties: 'a: p.text()',
        options: `uniques: [${written('job_some', 'unique index', '("a")')}], indexes: [${written('job_more', 'index', '("a")')}],`,
      },
    },
    answers: ['--drop', 'job.b'],
    rows: `insert into job values (1, 'a', null), (2, 'b', 'c')`,
    writes: [/drop column b;[^]*create unique index concurrently job_some on job \(a\);/],
    not: [/drop index/],
  },
  'a primary key gets a column, and one loses one': {
    before: {
      job: 'a: p.integer(), b: p.integer().nullable()',
      note: 'a: p.integer().primary()',
      memo: 'a: p.integer().primary(), b: p.integer().nullable()',
    },
    after: {
      job: 'a: p.integer().primary(), b: p.integer().nullable()',
      note: 'a: p.integer()',
      memo: 'a: p.integer(), b: p.integer().primary()',
    },
    rows: `insert into job values (1, 1, 2), (2, 1, null); insert into note values (1, 1); insert into memo values (1, 1, 1), (1, 2, 2)`,
    writes: [
      /create unique index concurrently job_pkey_new on job \(id, a\);[^]*alter table job drop constraint job_pkey, add constraint job_pkey primary key using index job_pkey_new;/,
    ],
    not: [/add primary key/],
  },
  'a reference becomes required, and goes with its rows': {
    before: { owner: OWNER, job: `title: p.text().nullable(), ${REFERS}` },
    after: {
      owner: OWNER,
      job: `title: p.text().nullable(), owner: () => p.manyToOne(entities.owner).deleteRule('cascade')`,
    },
    rows: `insert into owner values (1, 'ann'); insert into job values (1, 'one', 1)`,
    writes: [/not valid;/, /validate constraint/],
    not: [],
  },
  'SQL changes by a letter, a number or a bracket': {
    before: {
      job: {
        properties: `a: p.text().default('A'), b: p.text().nullable(), n: p.decimal().precision(8).scale(2).nullable()`,
        options: rules('X', '1.5', `(a = 'x' or n > 0) and n < 9`),
      },
      sight: view('true', `select j.id, j.a from job j join job k on k.id = j.id where j.a <> 'X'`),
      sum: `n: p.integer().nullable(), m: p.integer().generated('(n * 2) stored').nullable(), o: p.integer().generated('(n * 2) stored').index().nullable()`,
    },
    after: {
      job: {
        properties: `a: p.text().default('a'), b: p.text().nullable(), n: p.decimal().precision(8).scale(2).nullable()`,
        options: rules('x', '2.5', `a = 'x' or (n > 0 and n < 9)`),
      },
      sight: view('true', `select j.id, k.a from job j join job k on k.id = j.id where j.a <> 'x'`),
      sum: `n: p.integer().nullable(), m: p.bigint().generated('(n * 2) stored').nullable(), o: p.integer().generated('(n * 3) stored').index().comment('three').nullable()`,
    },
    rows: `insert into job (id, a, b, n) values (1, 'x', null, 2); insert into sum (id, n) values (1, 4)`,
    writes: [/check \(a <> 'qx'\) not valid;/, /check \(n < 102.5\) not valid;/, /where n > 2.5/],
    not: [],
  },
  'indexes, keys, views and labels are made in another way under their names': {
    before: {
      job: {
        properties: `a: p.text().nullable(), b: p.text().nullable(), n: p.integer().nullable(), e: p.enum(['a', 'b']).nativeEnumName('kind').nullable()`,
        options: `indexes: [{ properties: ['a'], name: 'i' }, { properties: ['b'], name: 'j' }, ${written('k', 'index', '(lower("a"))')}], uniques: [{ properties: ['a'], name: 'u' }, { properties: ['b'], name: 'v' }, ${written('w', 'unique index', '("n") nulls not distinct')}],`,
      },
      low: view('true', 'select id, a from job'),
      high: view('true', 'select id, a from low'),
      kept: view('{ materialized: true }', 'select id, a, n from job'),
    },
    after: {
      job: {
        properties: `a: p.text().nullable(), b: p.text().nullable(), n: p.bigint().nullable(), e: p.enum(['b', 'a']).nativeEnumName('kind').nullable()`,
        options: `indexes: [{ properties: ['b'], name: 'i' }, { properties: ['a'], name: 'j' }, { properties: ['a'], name: 'k' }], uniques: [${written('u', 'unique index', '("a") nulls not distinct')}, { properties: ['b'], name: 'v', fillFactor: 60 }, { properties: ['n'], name: 'w' }],`,
      },
      low: view('{ materialized: true }', 'select id, a from job'),
      high: view('true', 'select id, a from low'),
      kept: view('true', 'select id, a, n from job'),
      more: view('true', 'select id, a from low'),
    },
    rows: `insert into job values (1, 'x', 'y', 1, 'a'), (2, null, null, 2, 'b'); refresh materialized view kept`,
    writes: [
      /create unique index concurrently v_new on job \(b\) with \(fillfactor = 60\);/,
      /create type kind as enum \('b', 'a'\);/,
    ],
    not: [/cascade/],
  },
  'a view changes, and keeps the rights on it': {
    before: {
      job: 'a: p.text().nullable(), n: p.integer().nullable()',
      sight: view('true', 'select id, a from job'),
    },
    after: {
      job: 'a: p.text().nullable(), n: p.integer().nullable()',
      sight: view('true', 'select id, a, n from job where n > 0'),
    },
    rows: `insert into job values (1, 'x', 1)`,
    writes: [/create or replace view sight as select id, a, n from job where n > 0;/],
    not: [/drop view/],
  },
  'a reference goes to another table, and a list gets an order': {
    before: {
      owner: OWNER,
      job: `title: p.text().nullable(), ${REFERS}, tags: () => p.manyToMany(entities.owner).pivotTable('tags')`,
    },
    after: {
      owner: OWNER,
      firm: OWNER,
      job: `title: p.text().nullable(), owner: () => p.manyToOne(entities.firm).nullable(), tags: () => p.manyToMany(entities.owner).pivotTable('tags').fixedOrder()`,
    },
    rows: `insert into owner values (1, 'ann'); insert into job values (1, 'one', null); insert into tags values (1, 1)`,
    writes: [/references firm \(id\)/],
    not: [],
  },
}

/** The entities are read again by a process of its own. */
const at = (url: string, config: string, ...args: string[]) =>
  migrate([...args, '--config', config], {
    DATABASE_URL: url,
  })

function done({ exit, stdout, stderr }: Ended): string {
  expect([exit, exit === 0 ? '' : stdout + stderr]).toEqual([0, ''])
  return stdout
}

/** Every row of every table, with what it has in each column, in the order of their names. */
async function readRows(url: string, tables: Tables): Promise<unknown[]> {
  const all = Object.keys(tables).toSorted()
  return Promise.all(
    all.map((table) => query(url, `select to_jsonb(t) as row from ${table} t order by id`)),
  )
}

test.runIf(hasTime()).each(inTurn(Object.entries(CHANGES)))(
  '%s',
  async (_, { before, after, routines = [[], []], answers = [], rows, writes, not }) => {
    const [were, are] = routines
    await using work = await createTestDatabase()
    await using other = await createTestDatabase()
    const [project, fresh] = [await scratchProject({}), await scratchProject({})]
    const run = (...args: string[]) => at(work.url, project.config, ...args)
    /** The database holds what a new one of the same migrations does. */
    const equals = async (config: string, ...args: string[]) => {
      await using made = await createTestDatabase()
      done(await at(made.url, config, 'up', ...args))
      expect(JSON.parse((await run('diff', work.url, made.url, '--json')).stdout)).toEqual([])
    }
    try {
      await writeEntities(project.config, before, were)
      const { name: first } = JSON.parse(done(await run('create', 'first', '--json')))
      done(await run('up'))
      await query(work.url, rows)
      const held = await readRows(work.url, before)

      await writeEntities(project.config, after, are)
      const scratch = ['--scratch-url', work.url]
      const created = JSON.parse(
        done(await run('create', 'second', '--json', ...answers, ...scratch)),
      )
      expect(created.schema.entities).toEqual({ unmade: [] })
      const paths = [
        created.created,
        ...(created.others ?? []).map(({ path }: { path: string }) => path),
      ]
      const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
      const up = texts.map((text) => text.replaceAll(/\\?"/g, '').split(' down()')[0]).join('\n')
      for (const pattern of writes) expect(up).toMatch(pattern)
      for (const pattern of not) expect(up).not.toMatch(pattern)
      done(await run('up', '--yes'))
      expect(JSON.parse(done(await run('create', 'again', '--json')))).toMatchObject({
        created: null,
      })
      await writeEntities(fresh.config, after, are)
      done(await at(other.url, fresh.config, 'create', 'first'))
      await equals(fresh.config)
      done(await run('down', first, '--yes'))
      await equals(project.config, first)
      expect(await readRows(work.url, before)).toEqual(held)
    } finally {
      await Promise.all([project.drop(), fresh.drop()])
    }
  },
)
