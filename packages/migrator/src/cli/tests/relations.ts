import type { Entity } from '../../testing/entities.ts'

/** Of a project: its tables by name. */
export type Tables = Readonly<Record<string, Entity>>

export interface RelationChange {
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

/** What `parted` has, and more. */
function partsAnd(properties: string, options = '') {
  const { properties: key, options: partitions } = parted([0, 10], [10, 20])
  return { properties: `${key}, ${properties}`, options: `${partitions} ${options}` }
}

function withDefault(...bounds: readonly (readonly [number, number])[]) {
  const { properties, options } = parted(...bounds)
  const rest = `{ name: 'part_rest', values: 'default' }] },`
  return {
    properties: `${properties}, a: p.text().index()`,
    options: options.replace(/\] \},$/, `, ${rest}`),
  }
}

const typed = (...types: readonly string[]) =>
  types.map((type, n) => `${'abcdefh'[n]}: p.string().columnType('${type}').nullable()`).join(', ')

const OLD_TYPES = typed(
  'varchar(20)[]',
  'timestamptz[]',
  'bit(5)',
  'interval',
  'inet',
  'numeric',
  'varchar(9)',
)
const NEW_TYPES = typed(
  'varchar(10)[]',
  'timestamp[]',
  'bit(3)',
  'interval day to hour',
  'cidr',
  'money',
  'char(12)',
)

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

/** By what a test says of each. */
export const RELATIONS: Readonly<Record<string, RelationChange>> = {
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
  'a partitioned table gets a key, a foreign key and an index beside writes': {
    before: { owner: OWNER, job: partsAnd('a: p.text()') },
    after: {
      owner: OWNER,
      job: partsAnd(
        'a: p.text(), owner: () => p.manyToOne(entities.owner).nullable()',
        `uniques: [{ properties: ['day', 'a'] }], indexes: [${written('job_low', 'index', '(lower("a")) include ("day") where "day" > 3')}],`,
      ),
    },
    rows: `insert into owner values (1, 'ann'); insert into job values (1, 1, 'x'), (2, 12, 'y')`,
    writes: [
      /alter table only job add constraint job_day_a_unique\s+unique/i,
      /create unique index concurrently part_0_day_a_key on part_0 \(day, a\);/,
      /alter index job_day_a_unique attach partition part_10_day_a_key;/,
      /create index concurrently part_10_lower_day_idx on part_10/i,
      /alter table part_0 validate constraint job_owner_id_foreign;/,
    ],
    not: [],
  },
  'a partition is made beside the default one': {
    before: { job: withDefault([0, 10]) },
    after: { job: withDefault([0, 10], [10, 20]) },
    rows: `insert into job values (1, 1, 'x'), (2, 25, 'y')`,
    writes: [
      /alter table part_rest validate constraint part_rest_without_part_10;/,
      /alter table part_rest drop constraint part_rest_without_part_10;/,
    ],
    not: [],
  },
  'values lose what another type does not hold': {
    before: { job: OLD_TYPES },
    after: { job: NEW_TYPES },
    rows: `insert into job values (1, '{abc}', '{2024-01-02 03:04:05+00}', b'10100', interval '3 days 4 hours', '10.0.0.0', 12.5, 'abc')`,
    writes: [/set timezone = 'UTC';/, /right\(h, 1\) = ' '/],
    not: [/using \(h::/],
  },
  'a column is counted, another one requires what no row has': {
    before: {
      owner: OWNER,
      job: 'title: p.text().nullable()',
      empty: 'title: p.text().nullable()',
    },
    after: {
      owner: OWNER,
      job: 'title: p.text().nullable(), n: p.integer().autoincrement().unique()',
      empty: 'title: p.text().nullable(), owner: () => p.manyToOne(entities.owner)',
    },
    rows: `insert into job values (1, 'one'), (2, 'two')`,
    writes: [/serial-rewrites/],
    not: [],
  },
  'a key gives way to one of another name, of which tables know that come before and after it': {
    before: {
      job: 'title: p.text(), parent: () => p.manyToOne(entities.job).nullable()',
      alink: 'job: () => p.manyToOne(entities.job)',
      link: 'job: () => p.manyToOne(entities.job)',
    },
    after: {
      job: {
        properties:
          'uid: p.uuid().primary(), title: p.text(), parent: () => p.manyToOne(entities.job).nullable()',
        hasKey: true,
      },
      alink: 'job: () => p.manyToOne(entities.job)',
      link: 'job: () => p.manyToOne(entities.job)',
    },
    answers: ['job.id', 'job.parent_id', 'alink.job_id', 'link.job_id'].flatMap((column) => [
      '--drop',
      column,
    ]),
    rows: 'select',
    writes: [
      /add constraint job_pkey primary key using index[^]*add constraint job_parent_uid_foreign/,
    ],
    not: [],
  },
}
