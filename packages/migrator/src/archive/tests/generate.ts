import type { Act } from './action.ts'
import { chooseAction } from './actions.ts'
import type { Case, Setting, Writer, Write } from './case.ts'
import { Random } from '../../rows/random.ts'
import { SETTINGS, SUPERUSER_SETTINGS } from './types.ts'
import { draft, makeWorld } from './world.ts'

/** Of so many cases one takes on the way up. */
const MIRRORED_EVERY = 4

/** The case of a seed: the same one each time. */
export function generate(seed: number): Case {
  const random = new Random(seed)
  const given = random.chance(0.2) ? withWriters(seed, random) : alone(seed, random)
  return seed % MIRRORED_EVERY === 0 ? { ...given, isMirrored: true } : given
}

function alone(seed: number, random: Random): Case {
  const made = draft(random)
  makeWorld(random, made)
  const chosen = random.times(1, random.chance(0.5) ? 1 : 3, () => {
    const [kind, make] = chooseAction(random)
    return { kind, act: make(random, made) }
  })
  const acts = chosen.map(({ act }) => act)
  return {
    ...whoever(random),
    name: `seed ${seed}`,
    kinds: chosen.map(({ kind }) => kind),
    given: made.given,
    migrations: random.chance(0.5) ? [joined(acts)] : acts.map((act) => joined([act])),
    rows: acts.flatMap(({ rows }) => rows),
    writers: random.chance(0.12) ? [{ ...moment(random), kills: true, writes: [] }] : [],
    ...(random.chance(0.15) && { stepwise: true }),
    ...(random.chance(0.1) && { rounds: 2 }),
  }
}

function joined(acts: readonly Act[]): Case['migrations'][number] {
  return {
    up: acts.flatMap(({ up }) => up),
    down: acts.toReversed().flatMap(({ down }) => down),
  }
}

function whoever(random: Random): Pick<Case, 'role' | 'settings'> {
  const role = random.pick(['superuser', 'owner'] as const)
  const all = role === 'superuser' ? [...SETTINGS, ...SUPERUSER_SETTINGS] : SETTINGS
  const settings = random.some(all, random.pick([0, 1, 1, 2, 4]))
  return {
    role,
    settings: settings.map(([name, ...values]): Setting => [name, random.pick(values)]),
  }
}

const TABLE = '"public"."t"'

/** What becomes of `t (id, v, n)`, whose rows others write meanwhile. */
const JOURNEYS: readonly (Act & { kind: string })[] = [
  {
    kind: 'DROP COLUMN',
    up: ['alter table t add column w text'],
    rows: [`update t set w = 'old' || id`],
    down: ['alter table t drop column w'],
  },
  {
    kind: 'DROP COLUMN in two segments',
    up: ['alter table t add column w text', 'create index concurrently t_w on t (w)'],
    rows: [`update t set w = 'old' || id`],
    down: ['drop index concurrently t_w', 'alter table t drop column w'],
  },
  { kind: 'DELETE', up: [], rows: [], down: ['delete from t where id % 2 = 1'] },
  { kind: 'DELETE all', up: [], rows: [], down: ['delete from t'] },
  { kind: 'TRUNCATE', up: [], rows: [], down: ['truncate t'] },
  { kind: 'UPDATE', up: [], rows: [], down: [`update t set v = 'gone' where id > 2`] },
  {
    kind: 'ALTER TYPE',
    up: ['alter table t alter n type numeric(10,2)'],
    rows: ['update t set n = id + 0.25'],
    down: ['alter table t alter n type int'],
  },
  {
    kind: 'RENAME, then DROP COLUMN',
    up: ['alter table t add column w text'],
    rows: [`update t set w = 'old' || id`],
    down: ['alter table t rename w to x', 'alter table t drop x'],
  },
]

const DROPPED: Act & { kind: string } = {
  kind: 'DROP TABLE',
  up: ['create table t (id int primary key, v text, n int)'],
  rows: [`insert into t select n, 'old' || n, n from generate_series(1, 6) n`],
  down: ['drop table t'],
}

const GIVEN = [
  'create table t (id int primary key, v text, n int)',
  `insert into t select n, 'v' || n, n from generate_series(1, 6) n`,
]

/** Without a key that is declared as one, or with one more: `id` tells the rows apart all the same. */
const GIVEN_OTHERWISE = [
  [
    'create table t (id int, v text, n int)',
    ...GIVEN.slice(1),
    'create index t_v on t (v desc)',
    'alter table t cluster on t_v',
  ],
  ['create table t (id int unique, v text, n int)', ...GIVEN.slice(1)],
  ['create table t (id int primary key, v text unique, n int)', ...GIVEN.slice(1)],
  [
    'create table t (id int primary key, v text, n int) partition by list (id)',
    'create table t1 partition of t for values in (1, 2)',
    'create table t2 partition of t default',
    ...GIVEN.slice(1),
  ],
]

function withWriters(seed: number, random: Random): Case {
  const isDropped = random.chance(0.25)
  const { kind, up, rows, down } = isDropped ? DROPPED : random.pick(JOURNEYS)
  const hasColumn = up.some((sql) => sql.includes('add column w'))
  return {
    ...whoever(random),
    name: `seed ${seed}`,
    kinds: [`${kind} beside writers`],
    given: isDropped ? [] : random.pick([GIVEN, GIVEN, ...GIVEN_OTHERWISE]),
    migrations: [{ up, down }],
    rows,
    writers: random.times(1, 2, () => writer(random, hasColumn)),
  }
}

function writer(random: Random, hasColumn: boolean): Writer {
  return {
    ...moment(random),
    kills: random.chance(0.3),
    writes: random.times(1, 3, () => writes(random, hasColumn)).flat(),
  }
}

function moment(random: Random): Pick<Writer, 'at' | 'event' | 'nth'> {
  return {
    at: random.pick(['between', 'down', 'up', 'up'] as const),
    event: random.pick([
      'migration-started',
      'segment-started',
      'segment-done',
      'segment-done',
      'migration-done',
    ] as const),
    nth: random.pick([0, 0, 0, 1]),
  }
}

function write(what: Write['what'], sql: string, columns: string[], more = {}): Write {
  return { table: TABLE, what, sql, columns, ...more }
}

function writes(random: Random, hasColumn: boolean): Write[] {
  const id = random.int(1, 6)
  const later = hasColumn ? { later: { w: null } } : {}
  return random.pick<() => Write[]>([
    () => [write('update', `update public.t set v = 'new' where id = ${id}`, ['v'])],
    () => [write('update', `update public.t set n = 77 where id = ${id}`, ['n'])],
    () =>
      hasColumn ? [write('update', `update public.t set w = 'new' where id = ${id}`, ['w'])] : [],
    () =>
      hasColumn ? [write('update', `update public.t set w = null where id = ${id}`, ['w'])] : [],
    () => [write('update', `update public.t set v = v where id = ${id}`, ['v'])],
    () => [write('upkeep', random.pick(['vacuum full public.t', 'vacuum (freeze) public.t']), [])],
    () => [
      write('delete', 'delete from public.t', []),
      write('upkeep', 'vacuum public.t', []),
      write(
        'insert',
        `insert into public.t (id, v, n) select n, 'another', 5 from generate_series(1, 6) n`,
        ['v', 'n'],
        later,
      ),
    ],
    () => [write('upkeep', 'cluster public.t using t_v', [])],
    () => [
      write('delete', `delete from public.t where id = ${id}`, []),
      write(
        'insert',
        `insert into public.t (id, v, n) values (${id + 100}, 'v${id}', 5)`,
        ['v', 'n'],
        later,
      ),
    ],
    () => [write('delete', `delete from public.t where id = ${id}`, [])],
    () => [
      write('delete', `delete from public.t where id = ${id}`, []),
      write(
        'insert',
        `insert into public.t (id, v, n) values (${id}, 'another', 5)`,
        ['v', 'n'],
        later,
      ),
    ],
    () => [
      write(
        'insert',
        `insert into public.t (id, v, n) values (${id}, 'another', 5)`,
        ['v', 'n'],
        later,
      ),
    ],
    () => [
      write(
        'insert',
        `insert into public.t (id, v, n) values (${id + 100}, 'fresh', 5)`,
        ['v', 'n'],
        later,
      ),
    ],
  ])()
}
