import { shown, toName } from '../../phase/release.ts'
import { listCommands } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const attachScans: Rule = {
  id: 'attach-scans',
  level: 'error',
  hazards: ['full-scan-under-lock', 'blocks-reads', 'blocks-writes', 'may-fail-on-rows'],
  problem:
    'the partition is read whole, while nobody reads or writes it, to see whether its rows belong there.',
  why: 'It holds ACCESS EXCLUSIVE on the partition, and on a default partition, which is read too. A validated CHECK that says the same makes the scan needless.',
  instead:
    'Add a CHECK with the bounds that is NOT VALID, validate it, attach, then drop the CHECK.',
  check({ node }, { known }) {
    return listCommands(node, 'AttachPartition').flatMap(({ command: { def } }) => {
      const table = def && 'PartitionCmd' in def ? toName(def.PartitionCmd.name) : undefined
      if (!table) return []
      const checks = [...(known.table(table)?.constraints.values() ?? [])]
      const isChecked = checks.some(
        ({ type, isValidated }) => type === 'CONSTR_CHECK' && isValidated,
      )
      return isChecked ? [] : [{ about: shown(table), table }]
    })
  },
  example: {
    given:
      'create table p (id int, at date not null) partition by range (at); create table p1 (id int, at date not null)',
    unsafe: "alter table p attach partition p1 for values from ('2026-01-01') to ('2027-01-01')",
    safe: "alter table p1 add constraint p1_at check (at >= '2026-01-01' and at < '2027-01-01') not valid; alter table p1 validate constraint p1_at; alter table p attach partition p1 for values from ('2026-01-01') to ('2027-01-01'); alter table p1 drop constraint p1_at",
    isAlone: true,
  },
}
