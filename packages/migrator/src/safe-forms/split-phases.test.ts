import { expect, test } from 'vitest'
import { KnownObjects } from '../known/known-objects.ts'
import type { Migration } from '../migration.ts'
import { releaseAfter } from '../phase/index.ts'
import { parseSql } from '../sql/parse.ts'
import { splitPhases } from './split-phases.ts'

const MADE = [
  'create table owner (id serial primary key, name text null)',
  'create table job (id serial primary key, title text null, old text null, n int null, code text null, owner_id int null)',
  'create table gone (id serial primary key, a text null)',
  'create index job_old_index on job (old)',
  'alter table job add constraint job_code_unique unique (code)',
  'alter table job add constraint job_n_check check (n in (1, 2))',
  'alter table job add constraint job_owner_id_foreign foreign key (owner_id) references owner (id)',
]

async function chain() {
  const known = new KnownObjects()
  for (const text of MADE) for (const { node } of await parseSql(text)) known.learn(node)
  const up = { kind: 'sql', statements: MADE.map((sql) => ({ sql })) }
  return { known, release: await releaseAfter([{ up } as unknown as Migration]) }
}

const split = async (up: readonly string[], down: readonly string[] = []) =>
  splitPhases({ up, down }, await chain())

const NEW = 'alter table job add column fresh text null;'
const BACK = 'alter table job drop column fresh;'
const GONE = 'alter table job drop column old;'
const AGAIN = 'alter table job add column old text null;'

test('what the previous release survives is apart from what it does not, both ways', async () => {
  expect(await split([GONE, NEW, ''], [BACK, AGAIN])).toEqual([
    { up: [NEW], down: [BACK] },
    { up: [GONE], down: [AGAIN] },
  ])
})

test.each([
  ['all of it harmless', [NEW, 'create index i on job (n);']],
  ['all of it breaking', [GONE, 'drop table gone;']],
  ['a statement that nobody can read', [GONE, NEW, 'do $$ begin end $$;']],
  ['a column made again under the same name', [GONE, 'alter table job add column old int null;']],
])('%s stays one migration', async (_, up) => {
  expect(await split(up)).toEqual([{ up, down: [] }])
})

test.each([
  [
    'an index goes before its column',
    ['drop index job_old_index;', NEW, GONE],
    [NEW],
    ['drop index job_old_index;', GONE],
  ],
  [
    'an index of a column with a new name is built after it has it',
    ['alter table job rename column title to head;', NEW, 'create index i on job (head);'],
    [NEW],
    ['alter table job rename column title to head;', 'create index i on job (head);'],
  ],
  [
    'a unique key that ON CONFLICT may name',
    [NEW, 'alter table job drop constraint job_code_unique;'],
    [NEW],
    ['alter table job drop constraint job_code_unique;'],
  ],
  [
    'a unique key is there before the one that it replaces is gone',
    [
      'alter table job drop constraint job_code_unique;',
      'create unique index job_code_key on job (md5(code));',
    ],
    ['create unique index job_code_key on job (md5(code));'],
    ['alter table job drop constraint job_code_unique;'],
  ],
  [
    'a check is made again with another meaning',
    [
      'alter table job drop constraint job_n_check;',
      NEW,
      'alter table job add constraint job_n_check check (n in (1));',
    ],
    [NEW],
    [
      'alter table job drop constraint job_n_check;',
      'alter table job add constraint job_n_check check (n in (1));',
    ],
  ],
  [
    'what refers to a table that gets another name comes after that',
    [
      'alter table owner rename to person;',
      'create table new (id int primary key, p int null);',
      'alter table new add constraint f foreign key (p) references person (id);',
      NEW,
    ],
    [NEW],
    [
      'alter table owner rename to person;',
      'create table new (id int primary key, p int null);',
      'alter table new add constraint f foreign key (p) references person (id);',
    ],
  ],
  [
    'a table goes with the keys that refer to others',
    [
      'alter table job drop constraint job_owner_id_foreign;',
      'drop table owner;',
      'create table new (id int primary key);',
    ],
    ['create table new (id int primary key);'],
    ['alter table job drop constraint job_owner_id_foreign;', 'drop table owner;'],
  ],
  [
    'a comment on a column that is gone goes with it',
    [`comment on column job.old is 'x';`, NEW, GONE],
    [NEW],
    [`comment on column job.old is 'x';`, GONE],
  ],
])('%s', async (_, up, expand, contract) => {
  expect((await split(up)).map((one) => one.up)).toEqual([expand, contract])
})
