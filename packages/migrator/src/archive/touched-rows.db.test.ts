import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

/**
 * A migration adds rows to a table, and another of its statements reaches the rows of others there, by a way that no text
 * tells: those rows have its version, and are not its own.
 */

const way = useWayBack()

const TABLES = `create table pr (code text primary key, n int); insert into pr values ('a', 1)`
const T = (more: string) =>
  `create table t (id int primary key, c text ${more}, v text); insert into t values (1, 'a', 'old')`
const TRIGGER = (does: string) =>
  `create function reach() returns trigger language plpgsql as $$ begin ${does}; return null; end $$;
   create trigger reach after insert or update or delete on pr for each row execute function reach()`

interface Reach {
  readonly given: string
  readonly reaches: string
  readonly undoes?: string
}

const REACHES: Readonly<Record<string, Reach>> = {
  'ON UPDATE CASCADE': {
    given: `${TABLES}; ${T('references pr on update cascade')}`,
    reaches: `update pr set code = upper(code)`,
    undoes: 'update pr set code = lower(code)',
  },
  'ON DELETE SET NULL': {
    given: `${TABLES}; ${T('references pr on delete set null')}`,
    reaches: 'delete from pr',
    undoes: `insert into pr values ('a', 1)`,
  },
  'ON DELETE SET DEFAULT': {
    given: `${TABLES}; insert into pr values ('d', 2); ${T(`default 'd' references pr on delete set default`)}`,
    reaches: `delete from pr where code = 'a'`,
    undoes: `insert into pr values ('a', 1)`,
  },
  'a foreign key that the migration drops again': {
    given: `${TABLES}; ${T('')}`,
    reaches: `alter table t add constraint f foreign key (c) references pr on update cascade; update pr set code = upper(code);
      alter table t drop constraint f`,
    undoes: 'update pr set code = lower(code)',
  },
  'a trigger of another table': {
    given: `${TABLES}; ${T('')}; ${TRIGGER(`update t set c = 'z'`)}`,
    reaches: `insert into pr values ('b', 2)`,
    undoes: `alter table pr disable trigger reach; delete from pr where code = 'b'; alter table pr enable trigger reach`,
  },
  'a trigger that makes the rows again': {
    given: `${TABLES}; ${T('')}; ${TRIGGER(`with d as (delete from t returning id, v) insert into t select id, 'z', v from d`)}`,
    reaches: `insert into pr values ('b', 2)`,
    undoes: `alter table pr disable trigger reach; delete from pr where code = 'b'; alter table pr enable trigger reach`,
  },
  'a rule of another table': {
    given: `${TABLES}; ${T('')}; create rule reach as on insert to pr do also update t set c = 'z'`,
    reaches: `insert into pr values ('b', 2)`,
    undoes: `delete from pr where code = 'b'`,
  },
  'a trigger of its own that the row fires which it adds': {
    given: `${TABLES}; ${T('')}; create function reach() returns trigger language plpgsql as $$ begin
      update t set c = 'z' where id <> new.id; return null; end $$;
      create trigger reach after insert on t for each row execute function reach()`,
    reaches: 'select 1',
  },
}

const SEED = `insert into t values (11, null, 'seed') on conflict do nothing`
const CUT = 'create index concurrently cut on cuts (n)'

/** What `up` does, in which order, in one or two transactions. */
const ORDERS: Readonly<Record<string, (reaches: string) => readonly [up: string, down: string]>> = {
  'before it': (reaches) => [`${reaches}; ${SEED}`, ''],
  'behind it': (reaches) => [`${SEED}; ${reaches}`, ''],
  'and a cut behind both': (reaches) => [`${SEED}; ${reaches}; ${CUT}`, '; drop index cut'],
  'and a cut between them': (reaches) => [`${reaches}; ${CUT}; ${SEED}`, '; drop index cut'],
}

const DOWNS = { 'all rows': 'delete from t', 'its own rows': 'delete from t where id > 10' }

const CASES = Object.entries(REACHES).flatMap(([name, reach]) =>
  Object.entries(ORDERS).flatMap(([order, write]) =>
    Object.entries(DOWNS).map(([gone, down]) => ({ name, reach, order, write, gone, down })),
  ),
)

test.each(inTurn(CASES))(
  'rows of users are reached by $name, $order; $gone were gone: none is overwritten',
  async ({ reach: { given, reaches, undoes }, write, down }) => {
    await way.sql(`${given}; create table cuts (n int)`)
    const [up, undoesCut] = write(reaches)
    const project = await way.project({
      M1: { up: 'select 1', down: '' },
      M2: { up, down: `${down}${undoes === undefined ? '' : `; ${undoes}`}${undoesCut}` },
    })
    await way.up(project)
    await way.sql(`update t set v = 'edited' where id = 11`)
    await way.down(project, 'M1')
    await way.sql(
      `delete from t; insert into t values (1, 'a', 'NEW'), (11, 'a', 'NEW'), (30, 'a', 'NEW')`,
    )
    await way.up(project)
    expect(await way.sql('select id, v from t order by id')).toEqual([
      { id: 1, v: 'NEW' },
      { id: 11, v: 'NEW' },
      { id: 30, v: 'NEW' },
    ])
    expect((await way.archived()).length).toBeGreaterThan(0)
  },
)
