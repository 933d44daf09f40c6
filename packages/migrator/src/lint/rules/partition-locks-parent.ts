import { shown, toName } from '../../phase/release.ts'
import type { Rule } from '../rule.ts'

export const partitionLocksParent: Rule = {
  id: 'partition-locks-parent',
  level: 'warning',
  hazards: ['blocks-reads', 'blocks-writes'],
  problem:
    'CREATE TABLE … PARTITION OF locks the whole partitioned table so that nobody reads or writes any partition.',
  why: 'It takes ACCESS EXCLUSIVE on the parent, and on its default partition, which it reads. ATTACH takes SHARE UPDATE EXCLUSIVE, which stops nobody.',
  instead: 'Make the table LIKE the parent, then attach it.',
  check({ node }, { news }) {
    if (!('CreateStmt' in node) || !node.CreateStmt.partbound) return []
    const [parent] = node.CreateStmt.inhRelations ?? []
    if (!parent || !('RangeVar' in parent)) return []
    const table = toName(parent.RangeVar)
    if (news.has(table)) return []
    return [{ about: `${shown(toName(node.CreateStmt.relation))} of ${shown(table)}`, table }]
  },
  example: {
    given: 'create table p (id int, at date) partition by range (at)',
    unsafe: "create table p1 partition of p for values from ('2026-01-01') to ('2027-01-01')",
    safe: "create table p1 (like p including all); alter table p attach partition p1 for values from ('2026-01-01') to ('2027-01-01')",
  },
}
