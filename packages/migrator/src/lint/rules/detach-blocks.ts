import { shown, toName } from '../../phase/release.ts'
import { listCommands } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const detachBlocks: Rule = {
  id: 'detach-blocks',
  level: 'error',
  hazards: ['blocks-reads', 'blocks-writes'],
  problem:
    'DETACH PARTITION locks the whole partitioned table so that nobody reads or writes any partition.',
  why: 'It takes ACCESS EXCLUSIVE on the parent. CONCURRENTLY takes SHARE UPDATE EXCLUSIVE; it leaves a CHECK with the bounds on what it has detached, and cannot be used where there is a default partition.',
  instead: 'Detach it CONCURRENTLY, in a migration that is not transactional.',
  check({ node }) {
    return listCommands(node, 'DetachPartition').flatMap(({ table, command: { def } }) =>
      def && 'PartitionCmd' in def && !def.PartitionCmd.concurrent
        ? [{ about: `${shown(toName(def.PartitionCmd.name))} of ${shown(table)}`, table }]
        : [],
    )
  },
  example: {
    given:
      "create table p (id int, at date) partition by range (at); create table p1 partition of p for values from ('2026-01-01') to ('2027-01-01')",
    unsafe: 'alter table p detach partition p1',
    safe: 'alter table p detach partition p1 concurrently',
    differs: 'what was detached has a CHECK with the bounds',
  },
}
