import { expect, test } from 'vitest'
import { MigratorError } from '../errors/index.ts'
import { KnownObjects } from '../known/known-objects.ts'
import { parseSql } from '../sql/parse.ts'
import { writeSafely } from '../safe-forms/index.ts'
import { planRecipes } from './index.ts'
import type { Step } from './recipe.ts'

/** As MikroORM writes it, of a column of a table. */
function toUuid(name: string): string {
  const [table = '', column = ''] = name.split('.')
  return `alter table ${table} alter column ${column} type uuid using (${column}::text::uuid);`
}

const TABLES = `create table job (id int primary key, a text, b text, g int generated always as (length(a)) stored, h text);
  create table part (id int, a text, primary key (id)) partition by hash (id);
  create table bare (a text unique);
  create table line (id int primary key, job int constraint line_job_foreign references job (id));
  create domain filled as text default 'x'; create domain required as text not null; create domain of as filled;
  create table typed (id int primary key, a of, b required, n int generated always as identity);
  create table parent (id int primary key, a text); create table child (b text) inherits (parent);
  create table pair (a int, b int, primary key (a, b), unique (b)); create table two (id int primary key, a int, b int constraint two_foreign references pair (b), constraint pair_foreign foreign key (a, b) references pair);
  create table seen (id serial primary key); create view sight as select id from seen; create table counted (id serial primary key); create table always (id int generated always as identity primary key);
  create table loose (a int, b int, primary key (a, b)); create table word (id text primary key, n int unique);
  create table egg (id int primary key); create table hen (id int primary key references egg); alter table egg add constraint egg_hen foreign key (id) references hen;
  create table checked (id int primary key check (id > 0)); create table kin (id int primary key); create table kept (id int primary key);
  create table mixed (id int primary key, of int, constraint mixed_n foreign key (of) references word (n), constraint mixed_id foreign key (of) references kin);
  create table preset (id int primary key, kept int default 1 references kept);`

async function learn(sql: string): Promise<KnownObjects> {
  const known = new KnownObjects()
  for (const { node } of await parseSql(sql)) known.learn(node)
  return known
}

async function plan(
  up: readonly string[],
  fills: readonly (readonly [string, string])[] = [],
  released = TABLES,
) {
  const [known, previous] = [await learn(TABLES), await learn(released)]
  return planRecipes({ up, down: [] }, { known, previous, fills: new Map(fills) })
}

const flat = (steps: readonly Step[]) =>
  steps.flatMap((one) => (typeof one === 'string' ? one : one.generated))

const GONE = ['alter table job drop column b;', 'alter table job add c text not null;']

test.each([
  [
    'a generated column',
    ['alter table job rename column g to n;'],
    [],
    /PostgreSQL computes the column/,
  ],
  [
    'what one is computed from',
    ['alter table job rename column a to n;'],
    [],
    /another column is computed from it/,
  ],
  [
    'a column of a partitioned table',
    ['alter table part rename column a to n;'],
    [],
    /has partitions/,
  ],
  ['a domain with a default', ['alter table typed rename column a to m;'], [], /domain/],
  ['a domain that refuses NULL', ['alter table typed rename column b to m;'], [], /domain/],
  [
    'a new column of a domain that refuses NULL',
    ['alter table job add c required not null;'],
    [['job.c', 'lower(b)']],
    /domain/,
  ],
  [
    'a number that only PostgreSQL gives',
    ['alter table typed rename column n to m;'],
    [],
    /alone gives/,
  ],
  ['a name with dollar signs', ['alter table job rename column b to "$fill$";'], [], /dollar/],
  ['a table with children', ['alter table parent rename column a to m;'], [], /inherit/],
  ['a table whose columns are not known', ['alter table child rename to m;'], [], /INHERITS/],
  ['a table without a key', ['alter table bare rename column a to n;'], [], /no key/],
  [
    'a table and its column at once',
    ['alter table job rename to task;', 'alter table task rename column b to n;'],
    [],
    /one after the other/,
  ],
  [
    'a value that the old release would miss',
    GONE,
    [['job.c', 'lower(b)']],
    /still reads what is gone[^]*job\.b/,
  ],
  [
    'a value that reads a column that is not there',
    GONE,
    [['job.c', 'lower(bb)']],
    /reads the column bb, which job does not have/,
  ],
  ...['g + 1', 'job.g', '(select max(id) from line where job = g)', 'to_json(job)'].map(
    (value) =>
      [
        `the value ${value}, which reads what PostgreSQL computes`,
        ['alter table job add c text;'],
        [['job.c', value]],
        /PostgreSQL computes g after a trigger could read it/,
      ] as const,
  ),
  [
    'a value that reads a column by the name that it loses',
    ['alter table job rename column b to n;', 'alter table job add c text not null;'],
    [['job.c', 'lower(b)']],
    /reads the column b by the name that it loses: read n/,
  ],
  [
    'a value that reads a new column that PostgreSQL computes',
    [
      'alter table job add c text;',
      'alter table job add k int generated always as (id + 1) stored;',
    ],
    [['job.c', 'k::text']],
    /PostgreSQL computes k/,
  ],
  [
    'a key to which a column refers that keeps its type',
    ['alter table job alter column id type bigint;'],
    [],
    /job\.id is changed.* since line_job_foreign of line is of a column that keeps its type.*Nothing was written/s,
  ],
  [
    'a key of two columns to which others refer',
    ['alter table pair alter column a type bigint;', 'alter table two alter column a type bigint;'],
    [],
    /pair_foreign of two refers to it by several columns/,
  ],
  [
    'the key of a partitioned table',
    ['alter table part alter column id type bigint;'],
    [],
    /part\.id is changed.* has partitions/,
  ],
  [
    'a key that a view reads',
    ['alter table seen alter column id type bigint;'],
    [],
    /a view reads/,
  ],
  [
    'a number that becomes a uuid, and of which nothing says to what it refers',
    ['alter table line drop constraint line_job_foreign;', toUuid('line.job')],
    [],
    /no foreign key says to which row it refers/,
  ],
  [
    'a part of a key that becomes a uuid, and of which nothing says to what it refers',
    [toUuid('loose.b')],
    [],
    /one of several columns of a key, and no foreign key says/,
  ],
  [
    'a text that becomes a uuid',
    [toUuid('word.id')],
    [],
    /word\.id is a text that becomes a uuid, which is in the text already, or is to be a new one/,
  ],
  ['a key of a uuid and more', [toUuid('pair.a'), toUuid('two.a')], [], /by several columns/],
  ['keys that refer to each other', [toUuid('egg.id'), toUuid('hen.id')], [], /refers to it/],
  [
    'a reference to two keys that become uuids',
    [toUuid('word.n'), toUuid('kin.id'), toUuid('mixed.of')],
    [],
    /mixed\.of is changed.* refers to several keys at once/,
  ],
  [
    'a key with a CHECK that becomes a uuid',
    [toUuid('checked.id')],
    [],
    /checked\.id is changed.*checked_id_check says of it what no uuid is/,
  ],
  [
    'a reference with a default that becomes a uuid',
    [toUuid('kept.id'), toUuid('preset.kept')],
    [],
    /preset\.kept is changed.* its default is a value of that/,
  ],
  [
    'a key to which a column refers that stays a number',
    [toUuid('job.id')],
    [],
    /line_job_foreign of line is of a column that keeps its type/,
  ],
  [
    'a counted number that becomes a text',
    ['alter table counted alter column id type text using (id::text);'],
    [],
    /its sequence gives whole numbers/,
  ],
  [
    'a key to which only PostgreSQL gives numbers',
    ['alter table always alter column id type bigint;'],
    [],
    /alone gives/,
  ],
  ['a value that is for nothing', GONE, [['job.x', '1']], /fill job\.x=1/],
  ['a value that is no expression', GONE, [['job.c', 'lower(']], /cannot read the value lower\(/],
  ['a comment behind a value', GONE, [['job.c', 'b -- as before']], /cannot read the value b --/],
  ['a value that ends its bracket', GONE, [['job.c', 'b) -- x']], /b\) -- x: it is not one/],
  ['two values', GONE, [['job.c', 'b), (b']], /b\), \(b: it is not one expression/],
] as const)('%s is refused, and nothing is written', async (_, up, fills, says) => {
  const error: unknown = await plan(up, fills).catch((one: unknown) => one)
  expect(error).toBeInstanceOf(MigratorError)
  expect(String(error)).toMatch(says)
})

test('a value may read a column by the name that it gets', async () => {
  const up = ['alter table job rename column b to n;', 'alter table job add c text not null;']
  const { recipes, rest } = await plan(up, [['job.c', 'lower(n)']])
  expect([recipes.length, rest.up]).toEqual([2, []])
})

test('a value may read a column of another table that is called like one that PostgreSQL computes', async () => {
  const fills = [['job.c', '(select line.g from line where line.id = job.id)']] as const
  const { recipes } = await plan(['alter table job add c text;'], fills)
  expect(recipes).toHaveLength(1)
})

test.each([
  [
    'of a partitioned table',
    'create table t (id serial, a int) partition by hash (a)',
    /share its sequence/,
  ],
  [
    'whose sequence has a name that is cut off',
    `create table t (${'i'.repeat(60)} serial)`,
    /too long to be known/,
  ],
] as const)('a serial %s is refused as an identity', async (_, sql, says) => {
  const known = await learn(sql)
  const column = /\((\w+)/.exec(sql)?.[1] ?? ''
  const up = [`alter table t alter column ${column} add generated by default as identity;`]
  const error: unknown = await planRecipes({ up, down: [] }, { known }).catch((one: unknown) => one)
  expect(String(error)).toMatch(/becomes an identity/)
  expect(String(error)).toMatch(says)
})

test('a serial becomes an identity, and an identity a serial, in one file that both releases survive', async () => {
  const known = await learn('create table t (id serial primary key, a int)')
  const [to, back] = [
    'alter table t alter column id add generated by default as identity;',
    `alter table t alter column id drop identity, alter column id set default nextval('t_id_seq'::regclass);`,
  ]
  const other = 'alter table t add column b int;'
  const { recipes, rest } = await planRecipes({ up: [to, other], down: [back] }, { known })
  expect(rest).toEqual({ up: [other], down: [] })
  expect(recipes).toEqual([
    [
      expect.objectContaining({
        up: [{ generated: [to] }],
        down: [{ generated: [back] }],
        isTogether: true,
      }),
    ],
  ])
  const { statements } = await writeSafely([to], known)
  expect(statements).toEqual([
    'alter table "t" alter column "id" drop default;',
    'alter sequence "t_id_seq" rename to "t_id_seq_old";',
    'alter table "t" alter column "id" add generated by default as identity;',
    `select setval('"t_id_seq"', last_value, is_called) from "t_id_seq_old";`,
    'drop sequence "t_id_seq_old";',
  ])
  const again = await writeSafely([back], known)
  expect(again.statements).toEqual([
    'alter table "t" alter column "id" set generated by default;',
    'alter sequence "t_id_seq" rename to "t_id_seq_old";',
    'create sequence "t_id_seq" as integer;',
    `select setval('"t_id_seq"', last_value, is_called) from "t_id_seq_old";`,
    `alter table "t" alter column "id" drop identity, alter column "id" set default nextval('"t_id_seq"'::regclass);`,
    'alter sequence "t_id_seq" owned by "t"."id";',
  ])
  expect(known.table({ name: 't' })?.sequences.get('id')).toBe('t_id_seq')
})

test('a column that nothing counted begins to count after its largest value', async () => {
  const known = await learn('create table t (id int primary key)')
  const up = ['alter table t alter column id add generated by default as identity;']
  expect((await planRecipes({ up, down: [] }, { known })).recipes).toEqual([])
  expect((await writeSafely(up, known)).statements).toEqual([
    'alter table "t" alter column "id" add generated by default as identity;',
    `select setval('"t_id_seq"', (select max("id") from "t"));`,
  ])
})

const A =
  'create table a (id int primary key, x text, n text not null, d text not null default now()::text, s serial);'
const B = 'create table b (id int primary key,'

test.each([
  ['no foreign key connects', `${B} a int)`, 'x', 'text', /no foreign key that stays connects/],
  [
    'several do',
    `${B} a int unique references a, c int unique references a)`,
    'x',
    'text',
    /several foreign keys.*b_a_fkey, b_c_fkey/,
  ],
  [
    'several rows refer to one',
    `${B} a int references a)`,
    'x',
    'text',
    /several rows may have one a/,
  ],
  [
    'a key that is deferrable makes one to one',
    `${B} a int references a, unique (a) deferrable)`,
    'x',
    'text',
    /several rows may have one a/,
  ],
  [
    'the foreign key is deferrable',
    `${B} a int unique, constraint b_a_fkey foreign key (a) references a deferrable)`,
    'x',
    'text',
    /b_a_fkey is deferrable/,
  ],
  [
    'the foreign key is not enforced',
    `${B} a int unique references a not enforced)`,
    'x',
    'text',
    /b_a_fkey is not enforced/,
  ],
  ['the type is another one', `${B} a int unique references a)`, 'x', 'int', /another type/],
  [
    'a value is required that comes too late',
    `${B} a int unique references a)`,
    'n',
    'text not null',
    /its row is there before/,
  ],
  [
    'a value is required there alone',
    `${B} a int unique references a)`,
    'n',
    'text',
    /in the other table it does not/,
  ],
  [
    'a default differs from row to row',
    `${B} a int unique references a)`,
    'd',
    'text not null',
    /its default differs from row to row/,
  ],
  ['a sequence counts it', `${B} a int unique references a)`, 's', 'int', /a sequence counts it/],
  ['the table is new', '', 'x', 'text', /no column of that name is added/],
] as const)('a column does not move where %s', async (_, tables, column, type, says) => {
  const known = await learn(A.replace('now()', 'clock_timestamp()') + tables)
  const up = [
    `alter table a drop column ${column};`,
    ...(tables === '' ? [] : [`alter table b add column y ${type};`]),
  ]
  const renames = new Map([[`a.${column}`, 'b.y']])
  const error: unknown = await planRecipes({ up, down: [] }, { known, renames }).catch(
    (one: unknown) => one,
  )
  expect(String(error)).toMatch(says)
  expect(String(error)).toContain(`a.${column} moves to b.y`)
})

test.each([
  [
    'a foreign key that goes with the change connects nothing',
    'a int unique references a',
    'alter table b drop constraint b_a_fkey;',
    /no foreign key that stays/,
  ],
  [
    'nor is it one to one by a key that goes with it',
    'a int unique references a',
    'alter table b drop constraint b_a_key;',
    /several rows may have one a/,
  ],
])('%s', async (_, column, drop, says) => {
  const known = await learn(`${A}${B} ${column})`)
  const up = [drop, 'alter table a drop column x;', 'alter table b add column y text;']
  const renames = new Map([['a.x', 'b.y']])
  await expect(planRecipes({ up, down: [] }, { known, renames })).rejects.toThrow(says)
})

test('a required column without a default does not move away from rows that may refer to none', async () => {
  const a =
    'create table a (id int primary key); create table b (id int primary key, n text not null, a int unique'
  const up = ['alter table b drop column n;', 'alter table a add column y text not null;']
  const renames = new Map([['b.n', 'a.y']])
  const plan = async (end: string) =>
    planRecipes({ up, down: [] }, { known: await learn(`${a} ${end}`), renames })
  await expect(plan('references a)')).rejects.toThrow(/or without one/)
  expect((await plan('not null references a)')).rest.up).toEqual([])
})

test('a foreign key that names no columns refers to the primary key alone', async () => {
  const known = await learn(
    'create table a (id int primary key, n int); create table b (id int primary key, a int references a)',
  )
  const up = ['alter table a alter column n type bigint;']
  const { rest } = await planRecipes({ up, down: [] }, { known, previous: known.copy() })
  expect(rest.up).toEqual([])
})

test('foreign keys that go and come back are never gone in between: each is validated after all are there', async () => {
  const drops = [
    'alter table "line" drop constraint "line_job_foreign";',
    'alter table "two" drop constraint "two_foreign";',
  ]
  const adds = [
    'alter table "line" add constraint "line_job_foreign" foreign key (job) references job (id)',
    'alter table "two" add constraint "two_foreign" foreign key (b) references pair (b)',
  ]
  const { statements } = await writeSafely([...drops, ...adds], await learn(TABLES))
  expect(statements).toEqual([
    ...drops,
    ...adds.map((one) => `${one} not valid;`),
    'alter table "line" validate constraint "line_job_foreign";',
    'alter table "two" validate constraint "two_foreign";',
  ])
})

test('what no release knows is changed in place', async () => {
  const up = ['alter table job rename column b to n;']
  const inPlace = { recipes: [], rest: { up, down: [] } }
  expect(await plan(up, [], 'create table job (id int primary key);')).toEqual(inPlace)
  expect(await planRecipes({ up, down: [] }, { known: await learn(TABLES) })).toEqual(inPlace)
})

/** Of each type whose texts are never uuids, as a server says: a key, and a column beside it. */
test.each([
  'int2',
  'int4',
  'int8',
  'serial',
  'float8',
  'numeric',
  'bool',
  'date',
  'timestamptz',
  'interval',
  'json',
  'jsonb',
])(
  'in place no %s becomes a uuid, and nothing is written that only empty tables bear',
  async (type) => {
    const known = await learn(`create table t (id int primary key, a ${type}, b text)`)
    const write = (column: string) =>
      writeSafely([toUuid(`t.${column}`)], known, { direction: 'up', mayCopy: false })
    await expect(write('a')).rejects.toMatchObject({ code: 'CAST_MISSING' })
    await expect(write('id')).rejects.toMatchObject({ code: 'KEY_UNMADE' })
    expect((await write('b')).requires).toHaveLength(1)
  },
)

test('where no number can become a uuid in place, nobody is told to try', async () => {
  const error = await plan([toUuid('loose.b')]).catch((one: unknown) => one)
  expect(error).toMatchObject({ code: 'RECIPE_REFUSED', next: [] })
})

const rename = (one: string, to: string) =>
  `alter table ${one.replace('.', ' rename column ')} to ${to};`

test('a key that becomes a uuid under another name has that from the beginning, with what refers to it', async () => {
  const up = [
    rename('kept.id', 'uid'),
    rename('preset.kept', 'kept_uid'),
    toUuid('kept.uid'),
    toUuid('preset.kept_uid'),
  ]
  const without = TABLES.replace('kept int default 1', 'kept int')
  const known = await learn(without)
  const { recipes, rest } = await planRecipes({ up, down: [] }, { known, previous: known.copy() })
  expect(rest.up).toEqual([])
  const files = recipes.flat()
  expect(files.map(({ suffix }) => suffix)).toEqual([
    'add',
    'backfill',
    'backfill',
    'build',
    'contract',
  ])
  expect(files.flatMap(({ backfill }) => Object.keys(backfill?.set ?? {}))).toEqual([
    'uid',
    'kept_uid',
  ])
  expect(flat(files.at(-1)?.up ?? []).filter((one) => / rename column /.test(one))).toEqual([])
  const another = [...up, 'alter table kept add n int;', rename('preset.id', 'number')]
  await expect(
    planRecipes({ up: another, down: [] }, { known, previous: known.copy() }),
  ).rejects.toThrow(/preset\.id is renamed to number.* kept of the same table becomes a uuid/)
})

test('a new column is there from the beginning, and what is made of it and of the renamed one at the end', async () => {
  const add = 'alter table job add column n text;'
  const index = 'create index i on job (c, n);'
  const { recipes, rest } = await plan([add, 'alter table job rename column b to c;', index])
  expect(rest.up).toEqual([add])
  expect(recipes.flat().map(({ suffix }) => suffix)).toEqual(['add', 'backfill', 'contract'])
  expect(JSON.stringify(recipes.flat().at(-1)?.up)).toContain(index)
})

test('values are moved also where no release knows the table; the drop of what they came from has its reason', async () => {
  const fills = [
    ['job.c', 'lower(b)'],
    ['job.b', 'c'],
  ] as const
  const { recipes, rest } = await plan(GONE, fills, 'create table other (id int primary key);')
  expect(rest.up).toEqual([])
  expect(recipes.flat().map(({ suffix }) => suffix)).toEqual(['add', 'backfill', 'contract'])
  expect(recipes.flat().at(-1)?.allow).toEqual({ 'deletes-data': 'c got the values of b' })
})

test('the new release writes rows without the old column at each moment: a trigger sets it for as long as it is required', async () => {
  const known = await learn(
    'create table tag (id int primary key, a text not null); create index tag_a on tag (a);',
  )
  const fills = new Map([
    ['tag.c', 'lower(a)'],
    ['tag.a', 'c'],
  ])
  const up = [
    'drop index tag_a;',
    'alter table tag drop column a;',
    'alter table tag add column c text;',
    'alter table tag add constraint tag_c unique (c);',
  ]
  const down = ['alter table tag add column a text not null;', 'create index tag_a on tag (a);']
  const { recipes } = await planRecipes({ up, down }, { known, previous: known.copy(), fills })
  const last = recipes.flat().at(-1)
  const kinds = flat(last?.up ?? []).map((one) => one.replace(/ (?:on |"|tag).*/, ''))
  expect(kinds).toEqual([
    'drop index',
    'drop trigger',
    'drop trigger',
    'drop function',
    'alter table',
    'alter table',
  ])
  expect(last?.isTogether).toBe(true)
  const back = flat(last?.down ?? [])
  const place = (part: string) => back.findIndex((one) => one.includes(part))
  expect(place('enable always trigger')).toBeGreaterThan(place('update "tag"'))
  expect(place('enable always trigger')).toBeLessThan(place('set not null'))
  expect(place('set not null')).toBeLessThan(place('create index'))
})

test('tables that a key connects get their names each by a recipe of its own', async () => {
  const { recipes, rest } = await plan([
    'alter table line drop constraint line_job_foreign;',
    'alter table job rename to task;',
    'alter table line rename to entry;',
    'alter table entry add constraint entry_job_foreign foreign key (job) references task (id);',
  ])
  expect(rest.up).toEqual([])
  expect(recipes.map(([add]) => add?.up[0])).toEqual([
    'alter table "job" rename to "task";',
    'alter table "line" rename to "entry";',
  ])
})

test('a key takes what refers to it along, and nothing of it is written again while a table is locked', async () => {
  const drop = 'alter table line drop constraint line_job_foreign;'
  const add =
    'alter table line add constraint line_job_foreign foreign key (job) references job (id);'
  const types = ['job alter column id', 'line alter column job'].map(
    (one) => `alter table ${one} type bigint;`,
  )
  const { recipes, rest } = await plan([drop, ...types, add])
  expect(rest.up).toEqual([])
  expect(recipes.flat().map(({ suffix }) => suffix)).toEqual([
    'add',
    'backfill',
    'backfill',
    'build',
    'contract',
  ])
  const last = recipes.flat().at(-1)?.up ?? []
  expect(last.slice(-1)).toEqual([{ generated: [] }])
  const swap = last.filter(
    (one): one is string => typeof one === 'string' && !one.startsWith('do '),
  )
  expect(swap[0]).toBe(drop.replace('line', '"line"').replace(/(line_job_foreign)/, '"$1"'))
  expect(swap).toContain(
    'alter table "job" add constraint "job_pkey" primary key using index "job_pkey_new";',
  )
  expect(swap.filter((one) => / type |validate|create /.test(one))).toEqual([])
})

test.each([
  ['behind its column', 'constraint f references job deferrable initially deferred', ''],
  ['later', 'constraint f references job', 'alter constraint f deferrable initially deferred'],
])(
  'a foreign key that waits for the end of a transaction goes on so: it was made %s',
  async (_, key, alter) => {
    const made = `create table job (id int primary key); create table line (id int primary key, job int ${key}); ${alter && `alter table line ${alter}`}`
    const up = ['job alter column id', 'line alter column job'].map(
      (one) => `alter table ${one} type bigint;`,
    )
    const { recipes } = await planRecipes(
      { up, down: [] },
      { known: await learn(made), previous: await learn(made) },
    )
    const build = recipes[0]?.find(({ suffix }) => suffix === 'build')
    expect(flat(build?.up ?? []).find((one) => one.includes('f_new'))).toMatch(
      /DEFERRABLE\s+INITIALLY DEFERRED/,
    )
  },
)

test('a key is filled before what refers to it, whatever the order in which they are written', async () => {
  const made = `create table job (id int generated always as identity primary key); create table box (id int primary key references job);
    create table a_line (job int references job, box int references box)`
  const up = ['a_line.job', 'a_line.box', 'box.id', 'job.id'].map(toUuid)
  const fresh = ['alter table job alter column id set default uuidv7();']
  const planned = async (fills: ReadonlyMap<string, string>) => {
    const context = { known: await learn(`${made};`), previous: await learn(made), fills }
    // A table needs a key by which its rows are gone through.
    for (const { node } of await parseSql('alter table a_line add id serial primary key'))
      for (const known of [context.known, context.previous]) known.learn(node)
    return planRecipes({ up: [...up, ...fresh], down: [] }, context)
  }
  const { recipes, rest } = await planned(new Map())
  expect(rest.up).toEqual([])
  const fills = recipes.flat().flatMap(({ backfill }) => backfill ?? [])
  expect(fills.map(({ table, set }) => [table, ...Object.keys(set ?? {})].join('.'))).toEqual([
    'job.id_new',
    'a_line.job_new',
    'box.id_new',
    'a_line.box_new',
  ])
  expect(fills[0]?.set).toEqual({ id_new: 'uuidv7()' })
  const last = recipes.flat().at(-1)
  expect(flat(last?.up ?? []).at(-1)).toBe(fresh[0])
  const [answered] = (await planned(new Map([['job.id', 'gen_random_uuid()']]))).recipes
    .flat()
    .slice(1)
  expect(answered?.backfill?.set).toEqual({ id_new: 'gen_random_uuid()' })
})

test('columns of one index are copied together', async () => {
  const made = `${TABLES} create table twin (id int primary key, a int, b int); create index i on twin (a, b);`
  const known = await learn(made)
  const up = ['a', 'b'].map((column) => `alter table twin alter column ${column} type bigint;`)
  const { recipes } = await planRecipes({ up, down: [] }, { known, previous: await learn(made) })
  expect(recipes).toHaveLength(1)
  const build = recipes[0]?.find(({ suffix }) => suffix === 'build')
  expect(build?.up.filter((one) => typeof one === 'string' && /index/i.test(one))).toEqual([
    'CREATE INDEX CONCURRENTLY i_new ON twin (a_new, b_new);',
  ])
})
