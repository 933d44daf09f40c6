import { readName } from '../../sql/names.ts'
import { nodesIn } from '../../sql/nodes.ts'
import { shown, toName } from '../../phase/release.ts'
import type { Node } from '@pgsql/types'
import type { Rule } from '../rule.ts'

export const sequenceJumps: Rule = {
  id: 'sequence-jumps',
  level: 'warning',
  hazards: ['may-fail-on-rows', 'irreversible'],
  problem: 'a sequence that goes to a fixed number gives keys again that rows have already.',
  why: 'RESTART and setval look at no row. In production the table has other keys than here, and INSERTs fail until the sequence has passed them.',
  instead: 'Compute the number: setval(…, (select max(id) from the table)).',
  check({ node }) {
    if ('AlterSeqStmt' in node) {
      const { options = [], sequence } = node.AlterSeqStmt
      const restarts = options.some((one) => 'DefElem' in one && one.DefElem.defname === 'restart')
      return restarts ? [{ about: shown(toName(sequence)), table: toName(sequence) }] : []
    }
    const isSet = 'SelectStmt' in node && nodesIn(node, 'FuncCall').some(setsConstant)
    return isSet ? [{ about: 'setval' }] : []
  },
  example: {
    given:
      'create sequence numbers; create table t (id bigint primary key); insert into t values (7)',
    unsafe: "select setval('numbers', 1)",
    safe: "select setval('numbers', (select max(id) from t))",
  },
}

function setsConstant({ funcname, args }: Record<string, unknown>): boolean {
  const [, value] = (args ?? []) as Node[]
  const isSetval = readName({ List: { items: funcname as Node[] } }).name === 'setval'
  return isSetval && value !== undefined && 'A_Const' in value
}
