import type { Rule } from '../rule.ts'

export const concurrentlyInTransaction: Rule = {
  id: 'concurrently-in-transaction',
  level: 'error',
  hazards: ['refused'],
  problem: 'PostgreSQL refuses this statement inside a transaction block.',
  why: 'CONCURRENTLY, VACUUM and their like commit several times by themselves (SQLSTATE 25001). The migrator runs them outside of a transaction; a file with BEGIN cannot.',
  instead: 'Put it in a file of its own, without BEGIN and COMMIT.',
  isOfPlainFiles: true,
  check({ boundary, before, sql }) {
    return boundary === 'outside' && before.length > 0 ? [{ about: sql }] : []
  },
  example: {
    given: 'create table t (id int primary key, a int)',
    unsafe: 'begin; create index concurrently t_a on t (a); commit',
    fails: '25001',
    safe: 'create index concurrently t_a on t (a)',
  },
}
