import { shown } from '../../phase/release.ts'
import { listColumns, readType } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

/** `timestamp` and `char` as the parser calls them. Of varchar(n) a larger n costs nothing, so it is not among them. */
const LIMITING: Readonly<Record<string, string>> = {
  bpchar: 'char(n) pads every value with blanks, and comparing ignores them',
  timestamp: 'timestamp has no time zone, so the moment depends on who reads it',
  money: 'money depends on lc_monetary of the server',
  serial: 'a serial column has a sequence that others can write to, and rights of its own',
  bigserial: 'a serial column has a sequence that others can write to, and rights of its own',
}

export const limitingType: Rule = {
  id: 'limiting-type',
  level: 'warning',
  hazards: ['costs-later'],
  problem: 'the type is one that is changed later, under a lock or with a rewrite.',
  why: `${Object.values(LIMITING).slice(0, 4).join('; ')}. varchar(n) is not counted: a larger n, or text, costs nothing.`,
  instead: 'Use text with a CHECK, timestamptz, numeric, and GENERATED … AS IDENTITY.',
  isOfNewTables: true,
  check({ node }) {
    return listColumns(node)
      .filter(({ column }) => readType(column).name in LIMITING)
      .map(({ table, name }) => ({ about: `${shown(table)}.${name}`, table }))
  },
  example: {
    given: 'create table t (id bigint primary key)',
    unsafe: 'alter table t add column at timestamp',
    safe: 'alter table t add column at timestamptz',
    differs: 'the type has a time zone',
  },
}
