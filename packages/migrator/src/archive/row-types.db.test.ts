import { inTurn } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { useWayBack } from '../testing/way-back.ts'

/** Each table is a type, which a column of another table may have: that column's values outlive the type in the archive. */

const way = useWayBack()

const T = 'create table t (a int, b text)'
const U = 'create table u (id int primary key, x t)'
const ROWS = `insert into u values (1, row(3, 't')), (2, null)`
const DROPS = ['drop table u, t', 'drop table t, u', 'drop table u; drop table t']

interface Case {
  readonly name: string
  readonly make: string
  readonly fill: string
  readonly drop: string
  /** Reads what is to be there again. */
  readonly read: string
}

const read = 'select id, x::text from u order by id'

const CASES: readonly Case[] = [
  ...DROPS.map((drop) => ({
    name: 'a row',
    make: `${T}; ${U}`,
    fill: `${ROWS}; insert into t values (1, 'a')`,
    drop,
    read,
  })),
  ...DROPS.map((drop) => ({
    name: 'a row of an empty table',
    make: `${T}; ${U}`,
    fill: ROWS,
    drop,
    read,
  })),
  {
    name: 'a row',
    make: `${T}; ${U}`,
    fill: `${ROWS}; insert into t values (1, 'a')`,
    drop: 'do $$ begin drop table u, t; end $$',
    read,
  },
  {
    name: 'an array of rows',
    make: `${T}; create table u (id int primary key, x t[])`,
    fill: `insert into t values (1, 'a'); insert into u values (1, array[row(3, 't')::t, null]), (2, null)`,
    drop: 'drop table t, u',
    read,
  },
  {
    name: 'a domain over rows',
    make: `${T}; create domain d as t; create table u (id int primary key, x d)`,
    fill: `insert into t values (1, 'a'); insert into u values (1, row(3, 't')::t)`,
    drop: 'drop table u; drop domain d; drop table t',
    read,
  },
  {
    name: 'rows of rows',
    make: `${T}; ${U}; create table v (id int primary key, y u)`,
    fill: `${ROWS}; insert into t values (1, 'a'); insert into v select 1, u from u where id = 1`,
    drop: 'drop table t, u, v',
    read: 'select id, y::text as x from v',
  },
  {
    name: 'all of a schema',
    make: 'create schema s; create table s.t (a int, b text); create table s.u (id int primary key, x s.t)',
    fill: `insert into s.t values (1, 'a'); insert into s.u values (1, row(3, 't'))`,
    drop: 'drop schema s cascade',
    read: 'select id, x::text from s.u',
  },
  {
    name: 'a row of a partitioned table, and of its partition',
    make: `create table t (a int, b text) partition by list (a); create table t1 partition of t for values in (1);
           create table u (id int primary key, x t, y t1)`,
    fill: `insert into t values (1, 'a'); insert into u values (1, row(3, 't'), row(1, 'p'))`,
    drop: 'drop table t, u',
    read: 'select id, x::text, y::text from u',
  },
  {
    name: 'a row of the parent',
    make: 'create table p (a int); create table u (id int primary key, x p) inherits (p)',
    fill: 'insert into p values (1); insert into u (id, x, a) values (1, row(3), 2)',
    drop: 'drop table p cascade',
    read: 'select id, x::text, a from u',
  },
  {
    name: 'a table of a type',
    make: 'create type ty as (id int, x text); create table u of ty',
    fill: `insert into u values (1, 'a')`,
    drop: 'drop table u; drop type ty',
    read,
  },
  {
    name: 'a table of a type, which is dropped with all of it',
    make: 'create type ty as (id int, x text); create table u of ty',
    fill: `insert into u values (1, 'a')`,
    drop: 'drop type ty cascade',
    read,
  },
]

test.each(inTurn(CASES))(
  '$name comes back on the way up: $drop',
  async ({ make, fill, drop, read: reading }) => {
    const project = await way.project({
      Migration1: { up: 'select 1', down: 'select 1' },
      Migration2: { up: make, down: drop },
    })
    await way.up(project)
    await way.sql(fill)
    const before = await way.sql(reading)
    await way.down(project, 'Migration1', { yes: true })
    await way.up(project)
    expect(await way.sql(reading)).toEqual(before)
    expect(await way.archived()).toEqual([])
  },
)

test.each(inTurn(CASES))(
  '$name comes back on the way down: $drop',
  async ({ make, fill, drop, read: reading }) => {
    const project = await way.project({
      Migration1: { up: make, down: 'select 1' },
      Migration2: { up: drop, down: make },
    })
    await way.up(project, 'Migration1')
    await way.sql(fill)
    const before = await way.sql(reading)
    await way.up(project)
    await way.down(project, 'Migration1', { yes: true })
    expect(await way.sql(reading)).toEqual(before)
    expect(await way.archived()).toEqual([])
  },
)
