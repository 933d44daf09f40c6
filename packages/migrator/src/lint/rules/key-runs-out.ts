import { shown } from '../../phase/release.ts'
import { listColumns, listConstraints, readType } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

const SMALL = new Set(['int2', 'int4', 'serial', 'serial4', 'smallserial', 'serial2'])

export const keyRunsOut: Rule = {
  id: 'key-runs-out',
  level: 'warning',
  hazards: ['costs-later'],
  problem:
    'a key of this size runs out at 2,147,483,647 rows or earlier, and making it larger then rewrites the table.',
  why: 'int to bigint is a rewrite of the table and of every one that refers to it, under ACCESS EXCLUSIVE.',
  instead: 'Make keys bigint or uuid.',
  isOfNewTables: true,
  check({ node }) {
    const keys = listConstraints(node).filter(
      ({ constraint }) => constraint.contype === 'CONSTR_PRIMARY',
    )
    const isKey = (name: string) =>
      keys.some(({ columns }) => columns.length === 1 && columns[0] === name)
    return listColumns(node)
      .filter(({ name, column }) => isKey(name) && SMALL.has(readType(column).name))
      .map(({ table, name }) => ({ about: `${shown(table)}.${name}`, table }))
  },
  example: {
    given: 'select 1',
    unsafe: 'create table t (id int primary key)',
    safe: 'create table t (id bigint primary key)',
    differs: 'the key is larger',
  },
}
