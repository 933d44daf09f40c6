import type { Node, PartitionBoundSpec } from '@pgsql/types'
import type { KnownTable } from '../../known/known-table.ts'
import { Bounds } from '../../known/partition-bounds.ts'
import { listCommands } from '../../known/parts.ts'
import type { Name } from '../../migration.ts'
import { shown, toName } from '../../phase/release.ts'
import type { Rule } from '../rule.ts'

export const attachScans: Rule = {
  id: 'attach-scans',
  level: 'error',
  hazards: ['full-scan-under-lock', 'blocks-reads', 'blocks-writes', 'may-fail-on-rows'],
  problem:
    'the partition is read whole, while nobody reads or writes it, to see which rows belong there.',
  why: 'ATTACH holds ACCESS EXCLUSIVE on the partition. Any new partition locks the default one in the same way, and reads it whole. A validated CHECK that says the same of the key makes the scan needless; an index that the partitioned table has is built.',
  instead:
    'Add a CHECK with the bounds that is NOT VALID, validate it, attach, then drop the CHECK. Of a default partition: a CHECK that excludes them.',
  check({ node }, { known }) {
    return listPartitions(node).flatMap(({ parent, name, bound }) => {
      const spec = known.table(parent)?.partitionBy
      const bounds = spec && new Bounds(spec, bound)
      const added = name && known.table(name)
      const isRead = name && !(added && (bounds ? bounds.areRowsWithin(added) : hasCheck(added)))
      const others = bound.is_default ? undefined : known.defaultPartitionOf(parent)
      const rest = others && known.table(others)
      const isRestRead = rest && !bounds?.areRowsOutside(rest)
      const missing = added ? listMissingIndexes(known.table(parent), added) : []
      return [
        ...(isRead ? [{ about: shown(name), table: name }] : []),
        ...(name && !isRead && missing.length > 0
          ? [{ about: `${shown(name)}, for ${missing.join(', ')}`, table: name }]
          : []),
        ...(isRestRead
          ? [
              {
                about: `${shown(others)}, the default partition of ${shown(parent)}`,
                table: others,
              },
            ]
          : []),
      ]
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

/** A partition that a statement adds; one that it makes has no rows, and no name here. */
interface AddedPartition {
  readonly parent: Name
  readonly name?: Name
  readonly bound: PartitionBoundSpec
}

function listPartitions(node: Node): AddedPartition[] {
  if ('CreateStmt' in node) {
    const { partbound: bound, inhRelations: [parent] = [] } = node.CreateStmt
    return bound && parent && 'RangeVar' in parent
      ? [{ parent: toName(parent.RangeVar), bound }]
      : []
  }
  return listCommands(node, 'AttachPartition').flatMap(({ table: parent, command: { def } }) => {
    const { name, bound } = def && 'PartitionCmd' in def ? def.PartitionCmd : {}
    return name && bound ? [{ parent, name: toName(name), bound }] : []
  })
}

const hasCheck = ({ constraints }: KnownTable) =>
  [...constraints.values()].some(({ type, isValidated }) => type === 'CONSTR_CHECK' && isValidated)

/** Indexes of the partitioned table of which the other one has none of the same columns. */
function listMissingIndexes(parent: KnownTable | undefined, { indexes }: KnownTable): string[] {
  const own = new Set([...indexes.values()].map(({ columns }) => columns.join()))
  return [...(parent?.indexes ?? [])].flatMap(([name, { columns }]) =>
    own.has(columns.join()) ? [] : [name],
  )
}
