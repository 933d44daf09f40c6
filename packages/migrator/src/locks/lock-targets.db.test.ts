import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LOCK_MODES, type Statement } from '../migration.ts'
import { readStatements } from '../sql/read-statement.ts'
import { lockTargets, meantBy } from './lock-targets.ts'

let database: TestDatabase
let client: Client

const SCHEMA = `
create schema s;
create domain positive as int check (value > 0);
alter domain positive add constraint later check (value < 100) not valid;
create table target (id int primary key, code text unique);
create table other (id int primary key);
create table t (
  id int primary key, a int, b text, c varchar(10), d positive, old_default int default 1,
  target_id int constraint t_target references target (id), other_id int references other (id),
  constraint nn check (b is not null or a is null)
);
alter table t add constraint t_late foreign key (a) references target (id) not valid;
create index t_b on t (b);
create unique index t_c on t (c);
create statistics t_stats on a, b from t;
create table child () inherits (t);
alter table t add constraint checked check (a > 0) not valid;
create table tree (id int, at int, note text) partition by range (at);
create table tree_1 partition of tree for values from (0) to (10);
create table tree_2 partition of tree for values from (10) to (20) partition by list (id);
create table tree_2_1 partition of tree_2 for values in (1);
create table tree_rest partition of tree default;
create index tree_id on tree (id);
create table loose (id int, at int, note text, check (at >= 20 and at < 30));
create table plain (id int, note text);
create table "Odd Name" ("A b" int);
create table s.t (id int, note text);
create table s.other (id int);
create view v as select id from plain;
create materialized view m as select id from plain;
create unique index m_id on m (id);
create sequence q;
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger g after insert on t execute function f();
create trigger h before insert on tree for each row execute function f();
create policy p on t;
create rule r as on delete to plain do also nothing;
insert into plain select n, n from generate_series(1, 10) n;
`

beforeAll(async () => {
  database = await createTestDatabase({
    prepare: async (url) => {
      const setup = new Client({ connectionString: url })
      await setup.connect()
      await setup.query(SCHEMA)
      await setup.end()
    },
  })
  client = new Client({ connectionString: database.url })
  await client.connect()
})

afterAll(async () => {
  await client.end()
  await database.drop()
})

const rank = (mode: string | undefined) => (LOCK_MODES as readonly string[]).indexOf(mode ?? '')

/** `AccessExclusiveLock` of pg_locks is `ACCESS EXCLUSIVE` of the documentation. */
const documented = (mode: string) =>
  mode
    .replace(/Lock$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase()

/** The strongest mode on each relation, by name. */
type Modes = Record<string, string>

async function targetsOf(statement: Statement | undefined) {
  const statements = statement ? [statement] : []
  return lockTargets(client, await meantBy(client, { statements, settings: [] }))
}

function strongest(locks: readonly { relation: string; mode: string }[]): Modes {
  const modes: Modes = {}
  for (const { relation, mode } of locks) {
    if (rank(mode) > rank(modes[relation])) modes[relation] = mode
  }
  return modes
}

/**
 * Runs a statement in a transaction that is rolled back: what it was said to lock of what was there before,
 * and what it locked. An index, a view or a sequence is compared only where a claim was made; a lock that
 * hinders neither reads nor writes nor autovacuum, only where one was.
 */
async function compare(sql: string): Promise<{ claimed: Modes; taken: Modes }> {
  const [statement] = await readStatements(sql, true)
  const claimed = strongest(await targetsOf(statement))
  const { rows: before } = await client.query<{ oid: number; name: string; kind: string }>(
    `select oid, oid::regclass::text as name, relkind as kind from pg_class where oid >= 16384`,
  )
  const known = new Map(before.map((relation) => [relation.oid, relation]))
  await client.query('begin')
  try {
    await client.query(sql)
    const { rows } = await client.query<{ oid: number; mode: string }>(
      `select relation as oid, mode from pg_locks
        where locktype = 'relation' and pid = pg_backend_pid() and relation = any ($1)`,
      [[...known.keys()]],
    )
    const taken = rows.flatMap(({ oid, mode }) => {
      const { name: relation = '', kind = '' } = known.get(oid) ?? {}
      const isTable = ['r', 'p', 'm'].includes(kind)
      const isStrong = rank(documented(mode)) >= rank('SHARE UPDATE EXCLUSIVE')
      return relation in claimed || (isTable && isStrong)
        ? [{ relation, mode: documented(mode) }]
        : []
    })
    return { claimed, taken: strongest(taken) }
  } finally {
    await client.query('rollback')
  }
}

const STATEMENTS = {
  'columns and constraints': [
    'alter table t add x int',
    'alter table t add x int default random()',
    'alter table t add x int references other (id)',
    'alter table t add x int unique, add check (x > 0)',
    'alter table only tree_1 alter at set default 1',
    'alter table t drop b cascade',
    'alter table t drop target_id',
    'alter table t rename b to bb',
    'alter table tree rename id to idd',
    'alter table t alter a set default 1',
    'alter table tree alter at set default 1',
    'alter table t alter b set not null',
    'alter table tree alter id set not null',
    'alter table t alter a type bigint',
    'alter table target alter id type bigint',
    'alter table t alter target_id type bigint',
    'alter table tree alter note type varchar',
    'alter table t alter a set statistics 10',
    'alter table tree alter id set statistics 10',
    'alter table t alter a set (n_distinct = 5)',
    'alter table t alter b set storage external',
    'alter table t alter b set compression pglz',
    'alter table other alter id add generated always as identity',
    'alter table t add constraint x check (a > 0)',
    'alter table t add constraint x check (a > 0) not valid',
    'alter table tree add constraint x check (at >= 0)',
    'alter table tree add foreign key (id) references other (id)',
    'alter table plain add primary key (id)',
    'alter table t validate constraint checked',
    'alter table t validate constraint t_late',
    'alter table t drop constraint t_target',
    'alter table t drop constraint checked',
    'alter table target drop constraint target_pkey cascade',
    'alter table t alter constraint t_target deferrable',
    'alter table t rename constraint checked to x',
    'comment on column t.a is null',
    'comment on constraint checked on t is null',
  ],
  tables: [
    'alter table t rename to x',
    'alter table s.other rename to x',
    'alter table loose set schema s',
    'alter table "Odd Name" set schema s',
    'alter table plain set (fillfactor = 50)',
    'alter table plain set (autovacuum_enabled = false, user_catalog_table = false)',
    'alter table tree_1 reset (autovacuum_enabled)',
    'alter table plain set unlogged',
    'alter table t owner to current_user',
    'alter table tree owner to current_user',
    'alter table t enable row level security',
    'alter table t replica identity full',
    'alter table t cluster on t_b',
    'alter table t disable trigger g',
    'alter table tree disable trigger h',
    'alter table plain disable rule r',
    'alter table plain inherit s.t',
    'alter table child no inherit t',
    'create table x (like t including all)',
    'create table x () inherits (t)',
    'create table x (id int references target (id), a int, foreign key (a) references other (id))',
    'create table x as select * from plain',
    'drop table plain cascade',
    'drop table t cascade',
    'drop table target cascade',
    'drop table s.t, loose',
    'drop table tree',
    'truncate t cascade',
    'truncate target cascade',
    'truncate tree',
    'truncate only t',
    'comment on table t is null',
    'drop schema s cascade',
    'cluster t using t_b',
    'lock table t',
    'lock table tree in share row exclusive mode',
    'lock table only t in access share mode',
  ],
  indexes: [
    'create index on t (a)',
    'create index on only t (a)',
    'create index on tree (at)',
    'create unique index on s.t (id)',
    'drop index t_b',
    'drop index tree_id',
    'reindex index t_b',
    'reindex table plain',
    'reindex table t',
    'alter index t_b rename to x',
    'alter index t_b set (fillfactor = 50)',
    'comment on index t_b is null',
  ],
  partitions: [
    'create table x partition of tree for values from (20) to (30)',
    'create table x partition of tree_2 for values in (2)',
    'alter table tree attach partition loose for values from (20) to (30)',
    'alter table tree detach partition tree_1',
    'alter table tree detach partition tree_2',
    'drop table tree_1',
    'drop table tree_2',
    'drop table tree_rest',
  ],
  'triggers, rules, policies, views': [
    'create trigger x after insert on t execute function f()',
    'create trigger x before insert on tree for each row execute function f()',
    'create or replace trigger g after update on t execute function f()',
    'drop trigger g on t',
    'drop trigger h on tree',
    'alter trigger g on t rename to x',
    'create rule x as on update to plain do also nothing',
    'drop rule r on plain',
    'create policy x on t',
    'alter policy p on t using (true)',
    'alter policy p on t rename to x',
    'drop policy p on t',
    'create view x as select * from plain',
    'create or replace view v as select id from plain',
    'drop view v',
    'alter view v rename to x',
    'refresh materialized view m',
    'refresh materialized view concurrently m',
    'drop materialized view m',
  ],
  others: [
    'create statistics x on a, b from t',
    'create publication x for table plain',
    'alter sequence q restart',
    'alter domain positive validate constraint later',
    'alter domain positive add check (value <> 50)',
    'alter domain positive add check (value <> 50) not valid',
    'alter domain positive set not null',
    'alter domain positive set default 1',
    'comment on domain positive is null',
    'analyze plain',
    'analyze tree',
  ],
  rows: [
    'select * from plain',
    'select * from plain for update',
    'insert into t (id) select id from plain',
    'update t set a = 1 from plain where t.id = plain.id',
    'with gone as (delete from plain returning id) select * from gone',
    'merge into s.other plain using s.t on plain.id = s.t.id when matched then delete',
  ],
}

describe.each(Object.entries(STATEMENTS))('%s', (_, statements) => {
  test.each(statements)('%s', async (sql) => {
    const { claimed, taken } = await compare(sql)
    expect(claimed).toEqual(taken)
  })
})

/** Depending on the version, the tables that inherit (or are partitions) are locked too, or not. */
test.each([
  'alter table t add foreign key (other_id) references target (id)',
  'alter table t add foreign key (other_id) references target (id) not valid',
  'alter table t add unique (a)',
  'alter table t add constraint x unique using index t_c',
  'alter table t add exclude using btree (a with =)',
  'create publication x for table t',
  'create publication x for table tree',
])('at worst: %s', async (sql) => {
  const { claimed, taken } = await compare(sql)
  const inheriting = ['child', 'tree_1', 'tree_2', 'tree_2_1', 'tree_rest']
  const surplus = Object.keys(claimed).filter((relation) => !(relation in taken))
  expect(inheriting).toEqual(expect.arrayContaining(surplus))
  expect(claimed).toMatchObject(taken)
})

test('a name that is not there locks nothing', async () => {
  const [statement] = await readStatements('alter table nowhere.t add x int', true)
  expect(await targetsOf(statement)).toEqual([])
})
