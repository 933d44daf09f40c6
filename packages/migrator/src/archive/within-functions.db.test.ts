import { inTurn, briefly } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

/** What goes is kept, whoever takes it: DO, a function, or whatever calls one. */

const way = useWayBack()

const BODY = `
  alter table f drop column a;
  alter table c alter column a type text using md5(a);
  drop table g;
  alter table p detach partition p1;
  alter table p1 drop column a;
  alter table p detach partition p2;
  alter table p2 alter column a type text using md5(a);`

const BACK = `
  alter table f add column a text;
  alter table c alter column a type text;
  create table g (id int primary key, a text);
  alter table p1 add column a text;
  alter table p attach partition p1 for values in (1);
  alter table p attach partition p2 for values in (2)`

const MAKE = `create function takes() returns int language plpgsql as $$ begin ${BODY} return 1; end $$`

const RUN = `create function runs(text) returns int language plpgsql as $$ begin execute $1; return 1; end $$`

const TRIGGER = `${MAKE};
  create function fire() returns trigger language plpgsql as $$ begin perform takes(); return null; end $$;
  create table fired (id int primary key, n int); insert into fired values (0)`

function onEvent(event: string, tag: string): string {
  return `${MAKE};
    create function on_event() returns event_trigger language plpgsql as $$ begin perform takes(); end $$;
    create table fired (id int); create index named on fired (id);
    create event trigger happens on ${event} when tag in ('${tag}') execute function on_event()`
}

/** What is there before, and the statements that take it. */
const WAYS: Readonly<Record<string, readonly [before: string, text: string]>> = {
  DO: ['select 1', `do $$ begin ${BODY} end $$`],
  CALL: [`create procedure takes() language plpgsql as $$ begin ${BODY} end $$`, 'call takes()'],
  SELECT: [MAKE, 'select takes()'],
  'SELECT of a function that the migration makes': ['select 1', `${MAKE}; select takes()`],
  'SELECT of a function that executes what it is given': [RUN, `select runs($run$ ${BODY} $run$)`],
  'SELECT of one that the migration makes': [
    'select 1',
    `${RUN}; select runs($run$ ${BODY} $run$)`,
  ],
  'SELECT of a view': [`${MAKE}; create view v as select takes()`, 'select * from v'],
  WHERE: [`${MAKE}; create table fired (id int)`, 'insert into fired select 1 where takes() = 1'],
  'a default': [
    `${MAKE}; create table fired (id int default takes())`,
    'insert into fired default values',
  ],
  'CREATE TABLE AS': [MAKE, 'create table made as select takes() as n'],
  'a trigger of INSERT': [
    `${TRIGGER}; create trigger fire after insert on fired for each row execute function fire()`,
    'insert into fired values (1)',
  ],
  'a trigger of UPDATE': [
    `${TRIGGER}; create trigger fire before update on fired for each statement execute function fire()`,
    'update fired set n = 1',
  ],
  'a trigger of DELETE': [
    `${TRIGGER}; create trigger fire after delete on fired for each row execute function fire()`,
    'delete from fired',
  ],
  'a trigger of TRUNCATE': [
    `${TRIGGER}; create trigger fire after truncate on fired for each statement execute function fire()`,
    'truncate fired',
  ],
  'a deferred trigger': [
    `${TRIGGER}; create constraint trigger fire after insert on fired deferrable initially deferred for each row execute function fire()`,
    'insert into fired values (1)',
  ],
  'a deferred trigger that SET CONSTRAINTS fires': [
    `${TRIGGER}; create constraint trigger fire after insert on fired deferrable initially deferred for each row execute function fire()`,
    'insert into fired values (1); set constraints all immediate',
  ],
  'a check that is validated': [
    `${MAKE}; create table fired (id int); insert into fired values (1); alter table fired add constraint k check (takes() = 1) not valid`,
    'alter table fired validate constraint k',
  ],
  'an event trigger, at CREATE TYPE': [
    onEvent('ddl_command_start', 'CREATE TYPE'),
    'create type made as (n int)',
  ],
  'an event trigger, at GRANT': [
    onEvent('ddl_command_end', 'GRANT'),
    'grant select on fired to public',
  ],
  'an event trigger, at DROP INDEX': [onEvent('sql_drop', 'DROP INDEX'), 'drop index named'],
  'a rule': [
    `${TRIGGER}; create rule fire as on insert to fired do also select takes()`,
    'insert into fired values (1)',
  ],
}

const TABLES = `
  create table f (id int primary key, a text);
  create table c (id int primary key, a text);
  create table g (id int primary key, a text);
  create table p (id int, a text, v text) partition by list (id);
  create table p1 partition of p for values in (1);
  create table p2 partition of p for values in (2);
  insert into f values (1, 'a of f'); insert into c values (1, 'a of c'); insert into g values (1, 'a of g');
  insert into p values (1, 'a of p1', 'v'), (2, 'a of p2', 'v');`

const VALUES = ['f', 'c', 'g', 'p1', 'p2']

async function everything(): Promise<string> {
  const [held] = await way.sql<{ everything: string }>(
    `select string_agg(query_to_xml(format('select * from %I.%I', nspname, relname), true, false, '')::text, '') as everything
       from pg_class c join pg_namespace n on n.oid = relnamespace
      where relkind = 'r' and nspname in ('public', 'migrator_archive')`,
  )
  return held?.everything ?? ''
}

const CASES = inTurn(
  Object.keys(WAYS).flatMap((name) => ['up', 'down'].map((at) => [at, name] as const)),
)

test.each(briefly(CASES))('on the way %s: %s', async (direction, name) => {
  const [before = '', text = ''] = WAYS[name] ?? []
  await way.sql(`${TABLES} ${before}`)
  const isUp = direction === 'up'
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: isUp ? { up: text, down: BACK } : { up: 'select 1', down: text },
  })
  await way.up(project)
  if (!isUp) await way.down(project, 'M1')
  const kept = await everything()
  for (const one of VALUES) expect(kept).toContain(`a of ${one}<`)
  if (!isUp) return
  const { returned } = await way.down(project, 'M1')
  const rows = await way.sql<{ a: string }>(
    'select a from f union all select a from c union all select a from g union all select a from p1 union all select a from p2',
  )
  const noted = returned.filter(({ note }) => note !== undefined).map(({ object }) => object)
  // A row without a key, in a table that no text says to be rewritten, is not found again; nor is any after TRUNCATE of some table.
  const lost = name === 'a trigger of TRUNCATE' ? ['p2.a', 'c.a'] : ['p2.a']
  const isRight = rows.every(
    ({ a }, i) => a === `a of ${VALUES[i]}` || noted.includes(`${VALUES[i]}.a`),
  )
  expect(isRight && noted.every((object) => lost.includes(object)) ? [] : [rows, returned]).toEqual(
    [],
  )
})

const CURSORS = {
  FETCH: 'declare c cursor for select takes(); /* first */ fetch all c',
  MOVE: 'declare c cursor for select takes(); move all in c',
  'WITH HOLD': 'declare c cursor with hold for select takes()',
} as const

const CURSOR_CASES = (['FETCH', 'MOVE', 'WITH HOLD'] as const).flatMap((kind) => [
  ['up', kind] as const,
  ['down', kind] as const,
])

test.each(inTurn(CURSOR_CASES))(
  'a cursor is refused, on the way %s: %s',
  async (direction, kind) => {
    await way.sql(`${TABLES} ${MAKE}`)
    const text = CURSORS[kind]
    const isUp = direction === 'up'
    const project = await way.project({
      M1: { up: 'select 1', down: '' },
      M2: isUp ? { up: text, down: BACK } : { up: 'select 1', down: text },
    })
    if (!isUp) await way.up(project)
    const refused = isUp ? way.up(project) : way.down(project, 'M1')
    await expect(refused).rejects.toMatchObject({ code: 'CURSOR_UNKEPT', exit: 3 })
    expect(await way.sql('select a from f union all select a from g')).toHaveLength(2)
  },
)

test('an event trigger is asked about on the way back', async () => {
  await way.sql(`${TABLES} ${onEvent('ddl_command_end', 'CREATE DOMAIN')}`)
  const down = 'create domain made as int'
  const project = await way.project({
    M1: { up: 'select 1', down: '' },
    M2: { up: 'select 1', down },
  })
  await way.up(project)
  await way.keepForGood()
  const asked = way.down(project, 'M1')
  await expect(asked).rejects.toMatchObject({
    code: 'LOSSES_UNCONFIRMED',
    message: expect.stringContaining('event trigger happens: cannot be counted'),
  })
})
