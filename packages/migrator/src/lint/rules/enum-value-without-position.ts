import { readName } from '../../sql/names.ts'
import type { Rule } from '../rule.ts'

export const enumValueWithoutPosition: Rule = {
  id: 'enum-value-without-position',
  level: 'warning',
  hazards: ['costs-later'],
  problem: 'the value comes last, and an enum is compared and sorted by position.',
  why: 'No statement moves a value later, or takes one away: that needs a new type.',
  instead: 'Say BEFORE or AFTER which value.',
  check({ node }) {
    if (!('AlterEnumStmt' in node)) return []
    const { oldVal, newVal, newValNeighbor, typeName = [] } = node.AlterEnumStmt
    if (oldVal || newValNeighbor) return []
    return [{ about: `${newVal} of ${readName({ List: { items: typeName } }).name}` }]
  },
  example: {
    given: "create type mood as enum ('sad')",
    unsafe: "alter type mood add value 'glad'",
    safe: "alter type mood add value 'glad' after 'sad'",
  },
}
