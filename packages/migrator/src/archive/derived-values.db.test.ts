import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

const way = useWayBack()

/** Each a value that goes one way, and that the migration computes from another table on its way back. */
interface Derived {
  readonly given: string
  readonly up: string
  readonly down: string
  /** What users write while the values are away: of row 1 they delete what it would have been computed from. */
  readonly deletes: string
  /** What they write besides, while the migration is applied. */
  readonly before?: string
  /** The way on which the values go. */
  readonly goes: 'up' | 'down'
}

const USERS = `create table users (id int primary key, phone text, note text); insert into users values (1, '1', 'n1'), (2, '2', 'n2'), (3, '3', 'n3')`
/** The way there does not carry all. */
const PHONES = `create table phones (user_id int primary key, phone text, gone boolean not null default false);
  insert into phones select id, phone from users where id < 3`
const TO_PHONES = `${PHONES}; alter table users drop phone, drop note`
const ADD = 'alter table users add phone text, add note text'
const SET = 'update users u set phone = p.phone from phones p where p.user_id = u.id and not p.gone'
const DELETE = 'delete from phones where user_id = 1'

const toPhones = (sets: string, { more = '', deletes = DELETE, after = '' } = {}): Derived => ({
  given: USERS,
  up: `${TO_PHONES}; ${more}`,
  down: `${ADD}; ${sets}; drop table phones${after}`,
  deletes,
  goes: 'up',
})

const CASES: Readonly<Record<string, Derived>> = {
  'UPDATE … FROM': toPhones(SET),
  'a sub-select': toPhones(
    'update users u set phone = (select phone from phones p where p.user_id = u.id) where exists (select from phones p where p.user_id = u.id)',
  ),
  'rows that it deletes': toPhones(
    'with p as (delete from phones returning *) update users u set phone = p.phone from p where p.user_id = u.id',
  ),
  MERGE: toPhones(
    'merge into users u using phones p on p.user_id = u.id when matched then update set phone = p.phone',
  ),
  'an aggregate': toPhones(
    'update users u set phone = p.phone from (select user_id, min(phone) as phone from phones group by 1) p where p.user_id = u.id',
  ),
  'a flag that says deleted': toPhones(SET, {
    deletes: 'update phones set gone = true where user_id = 1',
  }),
  'a view': toPhones('update users u set phone = p.phone from pp p where p.user_id = u.id', {
    more: 'create view pp as select * from phones',
    after: ' cascade',
  }),
  'a table that is renamed before': toPhones(
    'alter table phones rename to pp; update users u set phone = p.phone from pp p where p.user_id = u.id; alter table pp rename to phones',
  ),
  'a table that is filled before': toPhones(
    'create table pp as select * from phones; update users u set phone = p.phone from pp p where p.user_id = u.id; drop table pp',
  ),
  'several tables, by several UPDATEs': toPhones(
    `update users u set phone = h.phone from homes h where h.user_id = u.id; ${SET}; drop table homes`,
    { more: `create table homes (user_id int, phone text); insert into homes values (9, '9')` },
  ),
  'on the way up again': {
    given: `${USERS}; ${PHONES}; alter table users drop phone, drop note`,
    up: `${ADD}; ${SET}; drop table phones`,
    down: TO_PHONES,
    deletes: DELETE,
    before: `update users set phone = id, note = 'n' || id`,
    goes: 'down',
  },
  'a table that stays': {
    given: `${USERS}; ${PHONES}; alter table users drop phone, drop note`,
    up: `${ADD}; ${SET}`,
    down: 'alter table users drop phone, drop note',
    deletes: DELETE,
    before: `update users set phone = id, note = 'n' || id`,
    goes: 'down',
  },
}

async function play({ given, up, down, before, goes }: Derived, meanwhile = '') {
  await way.sql(`${given}; create table elsewhere (id int)`)
  const project = await way.project({ M1: { up: 'select 1', down: '' }, M2: { up, down } })
  await way.up(project)
  if (before) await way.sql(before)
  if (goes === 'up') {
    if (meanwhile) await way.sql(meanwhile)
    return way.down(project, 'M1')
  }
  await way.down(project, 'M1')
  if (meanwhile) await way.sql(meanwhile)
  return way.up(project)
}

const NOW = 'select id, phone, note from users order by id'
const rows = (...phones: (string | null)[]) =>
  phones.map((phone, i) => ({ id: i + 1, phone, note: `n${i + 1}` }))
const NAMES = Object.keys(CASES)

test.each(inTurn(NAMES))(
  'what was deleted since does not come back as a value: %s',
  async (name) => {
    const one = CASES[name] as Derived
    const { returned } = await play(one, one.deletes)
    expect(await way.sql(NOW)).toEqual(rows(null, '2', null))
    const kept = returned.find(({ object }) => object === 'users.phone, users.note')
    expect(kept?.note).toMatch(
      /^\d rows have what the migration sets from rows that were written since/,
    )
  },
)

test.each(inTurn(NAMES))(
  'nobody writes: values that it does not carry over come back: %s',
  async (name) => {
    await play(CASES[name] as Derived)
    expect(await way.sql(NOW)).toEqual(rows('1', '2', '3'))
    expect((await way.archived()).filter((entry) => entry.startsWith('values'))).toEqual([])
  },
)

test('what DO has set of a column that lived elsewhere stands for all of it', async () => {
  const one = toPhones(`do $$ begin ${SET}; end $$`)
  await play(one, one.deletes)
  const phones = await way.sql<{ phone: string }>('select phone from users order by id')
  expect(phones.map(({ phone }) => phone)).toEqual([null, '2', null])
})

const TOLD = [
  'UPDATE … FROM',
  'a sub-select',
  'an aggregate',
  'on the way up again',
  'a table that stays',
]

test.each(inTurn(TOLD))('somebody writes elsewhere: they come back, too: %s', async (name) => {
  await play(CASES[name] as Derived, 'insert into elsewhere values (1)')
  expect(await way.sql(NOW)).toEqual(rows('1', '2', '3'))
})
