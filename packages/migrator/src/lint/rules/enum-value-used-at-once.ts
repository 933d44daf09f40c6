import { isRecord, nodesIn } from '../../sql/nodes.ts'
import type { Rule } from '../rule.ts'

export const enumValueUsedAtOnce: Rule = {
  id: 'enum-value-used-at-once',
  level: 'error',
  hazards: ['refused'],
  problem: 'a new value of an enum cannot be used before the transaction that adds it has ended.',
  why: 'PostgreSQL refuses with 55P04, measured on all versions. The migrator ends the transaction after ADD VALUE; a file with BEGIN cannot.',
  instead: 'COMMIT after ADD VALUE.',
  isOfPlainFiles: true,
  check({ node, before }) {
    const added = before.flatMap(({ node: earlier }) =>
      'AlterEnumStmt' in earlier && !earlier.AlterEnumStmt.oldVal
        ? [earlier.AlterEnumStmt.newVal ?? '']
        : [],
    )
    const used = new Set(
      nodesIn(node, 'A_Const').flatMap(({ sval }) =>
        isRecord(sval) && typeof sval['sval'] === 'string' ? [sval['sval']] : [],
      ),
    )
    return added.filter((value) => used.has(value)).map((about) => ({ about }))
  },
  example: {
    given: "create type mood as enum ('sad'); create table t (id int primary key, m mood)",
    unsafe:
      "begin; alter type mood add value 'glad' after 'sad'; insert into t values (1, 'glad'); commit",
    fails: '55P04',
    safe: "alter type mood add value 'glad' after 'sad'; insert into t values (1, 'glad')",
  },
}
