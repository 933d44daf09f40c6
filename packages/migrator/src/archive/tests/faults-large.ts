import { ASKED, fault, type FaultCase } from './faults.ts'

/*
 * What a segment takes from a large table may be copied before it. Here other statements of the segment come first,
 * which rename, change and make again what is taken.
 */

/** Above the threshold of `LARGE_TABLE`, in its TOAST. */
const ROWS = 540

export const table = (more = '', key = 'int primary key', storage = '') =>
  `create table t (id ${key}, v text ${more}, pad text default repeat('x', 8000)) ${storage};
   alter table t alter pad set storage external;
   ${storage === '' ? '' : PARTS}
   insert into t (id, v) select n, 'v' || n from generate_series(1, ${ROWS}) n`

const PARTS = `create table ta partition of t for values with (modulus 2, remainder 0);
   create table tb partition of t for values with (modulus 2, remainder 1);`

const HELPERS = [
  'create table u (id int primary key); insert into u values (1)',
  `create function f() returns void language plpgsql as $$ begin update t set w = 'f' where id < 9; end $$`,
  `create function g() returns trigger language plpgsql as $$ begin update t set w = 'g' where id < 9; return null; end $$`,
  `create table p (w text primary key); insert into p select 'o' || n from generate_series(1, 600) n`,
]

interface Touch {
  /** Before the taking statement. */
  readonly first: string
  readonly taken?: { readonly table?: string; readonly column?: string }
  /** After it. */
  readonly last?: string
  readonly up?: string
  readonly isUnknown?: boolean
}

const touches: Readonly<Record<string, Touch>> = {
  UPDATE: { first: `update t set w = 'x' where id < 9` },
  'UPDATE to NULL': { first: 'update t set w = null where id < 9' },
  'two UPDATEs': {
    first: `update t set w = 'x' where id < 9; update t set w = 'y' where id < 5`,
  },
  'UPDATE of another column': { first: `update t set v = w where id < 9` },
  'a foreign key': {
    first: `delete from p where w in ('o1', 'o2')`,
    up: 'alter table t add constraint t_p foreign key (w) references p on delete set null',
  },
  'DELETE and INSERT': {
    first: `delete from t where id < 9; insert into t (id, v, w) select n, 'again', 'x' from generate_series(1, 8) n`,
  },
  DO: { first: `do $$ begin update t set w = 'x' where id < 9; end $$`, isUnknown: true },
  'a function': { first: 'select f()', isUnknown: true },
  'a trigger of another table': {
    first: 'insert into u values (2); delete from u where id = 2',
    up: 'create trigger g after insert on u for each row execute function g()',
    last: 'drop trigger g on u',
    isUnknown: true,
  },
  'RENAME of the column': { first: 'alter table t rename w to z', taken: { column: 'z' } },
  'RENAME of the column in DO': {
    first: 'do $$ begin alter table t rename w to z; end $$',
    taken: { column: 'z' },
    isUnknown: true,
  },
  'RENAME of the table': {
    first: 'alter table t rename to r',
    taken: { table: 'r' },
    last: 'alter table r rename to t',
  },
  'SET SCHEMA': {
    first: 'create schema s; alter table t set schema s',
    taken: { table: 's.t' },
    last: 'alter table s.t set schema public; drop schema s',
  },
  'RENAME of the key, and UPDATE': {
    first: `alter table t rename id to pk; update t set w = 'x' where pk < 9`,
    last: 'alter table t rename pk to id',
  },
  'columns swapped': {
    first: 'alter table t rename w to z; alter table t rename v to w; alter table t rename z to v',
    taken: { column: 'v' },
    last: 'alter table t rename w to v',
  },
  'another ALTER TYPE': {
    first: `alter table t alter w type varchar(2) using left(w, 2)`,
  },
  'an ALTER TYPE that loses nothing, and UPDATE': {
    first: `alter table t alter w type varchar(90); update t set w = 'x' where id < 9`,
  },
}

function dropped(name: string, touch: Touch): FaultCase {
  const { first, taken: { table: from = 't', column = 'w' } = {}, last, up, isUnknown } = touch
  return fault(`large: ${name}, then DROP COLUMN`, {
    given: [table(), ...HELPERS],
    up: ['alter table t add w text', up].filter(Boolean).join('; '),
    rows: [`update t set w = 'o' || id`],
    down: [first, `alter table ${from} drop ${column}`, last].filter(Boolean).join('; '),
    ...(isUnknown && { ends: ASKED }),
  })
}

function converted(name: string, touch: Touch): FaultCase {
  const { first, taken: { table: from = 't', column = 'w' } = {}, last } = touch
  const convert = `alter table ${from} alter ${column} type varchar(1) using left(${column}, 1)`
  const back = column === 'w' ? undefined : `alter table ${from} rename ${column} to w`
  return fault(`large: ${name}, then ALTER TYPE`, {
    given: [table(', w varchar(1)'), ...HELPERS],
    up: 'alter table t alter w type text',
    rows: [`update t set w = 'o' || id`],
    down: [first, convert, back, last].filter(Boolean).join('; '),
  })
}

const CONVERTED = new Set([
  'UPDATE',
  'DELETE and INSERT',
  'RENAME of the column',
  'another ALTER TYPE',
])

const update = `update t set w = 'o' || id`

const remade: readonly FaultCase[] = [
  fault('large: a column becomes one of another type by way of a new one', {
    given: [table(', w text'), update],
    up: `alter table t rename w to w_text; alter table t add w int; update t set w = substr(w_text, 2)::int; alter table t drop w_text`,
    rows: ['update t set w = 7 where id < 3'],
    down: `alter table t rename w to w_int; alter table t add w text; update t set w = 'o' || w_int; alter table t drop w_int`,
  }),
  fault('large: the key is dropped first', {
    given: [table(', w text', 'int')],
    up: 'alter table t drop w; alter table t add k int generated by default as identity primary key; alter table t add w text',
    rows: [update],
    down: 'alter table t drop k; alter table t drop w; alter table t add w text',
    ends: ['equal', 'kept'],
  }),
  fault('large: partitions, UPDATE, then DROP COLUMN', {
    given: [table('', 'int primary key', 'partition by hash (id)')],
    up: 'alter table t add w text',
    rows: [update],
    down: `update t set w = 'x' where id < 9; alter table t drop w`,
  }),
  fault('large: no key, UPDATE, then DROP COLUMN', {
    given: [table('', 'int')],
    up: 'alter table t add w text',
    rows: [update],
    down: `update t set w = 'x' where id < 9; alter table t drop w`,
  }),
]

export const large: readonly FaultCase[] = [
  ...Object.entries(touches).map(([name, touch]) => dropped(name, touch)),
  ...Object.entries(touches).flatMap(([name, touch]) =>
    CONVERTED.has(name) ? [converted(name, touch)] : [],
  ),
  ...remade,
]
