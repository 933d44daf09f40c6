import type { AlterTableCmd, AlterTableStmt, Node } from '@pgsql/types'
import type { LockMode, TableLock } from '../migration.ts'
import { findOtherTables } from './alter-other-tables.ts'
import { findAlteredConstraint, findConstraint, findWork, isInherited } from './alter-table-work.ts'
import { below, lock, withDescendants, withPartitions } from './lock-parts.ts'

/** The locks of every subcommand; PostgreSQL takes the strongest of them once. */
export function alterTableLocks({ relation, cmds = [], objtype }: AlterTableStmt): TableLock[] {
  return cmds.flatMap((cmd) => {
    if (!('AlterTableCmd' in cmd)) return []
    const command = cmd.AlterTableCmd
    const mode = findMode(command)
    const facts = findWork(command)
    const isTable = objtype === 'OBJECT_TABLE' || objtype === 'OBJECT_FOREIGN_TABLE'
    const own = (isTable ? findReach(command) : lock)(relation, mode, facts)
    const isOfTables = objtype === 'OBJECT_TYPE' && command.behavior === 'DROP_CASCADE'
    const typed = isOfTables ? lock(relation, mode, { ...facts, through: 'typed' }) : []
    return [...own, ...typed, ...findOtherTables(command, relation)]
  })
}

function findReach(command: AlterTableCmd): typeof lock {
  const { subtype = 'AT_AddColumn', name, def } = command
  if (TRIGGERS.test(subtype) || IDENTITY.has(subtype)) return withPartitions
  if (subtype === 'AT_AlterConstraint')
    return findAlteredConstraint(def)?.alterInheritability ? withDescendants : withPartitions
  if (STAYS.has(subtype)) return lock
  const ofName = name ? { constraint: name } : {}
  if (subtype === 'AT_ValidateConstraint')
    return (relation, mode, facts) => withDescendants(relation, mode, { ...facts, ...ofName })
  // ONLY or not: whoever inherits keeps it, or loses it. Constraints of partitions may have other names.
  if (subtype === 'AT_DropColumn') {
    return (relation, mode) => [
      ...lock(relation, mode),
      ...lock(relation, mode, { through: 'descendants' }),
    ]
  }
  if (subtype === 'AT_DropConstraint') {
    return (relation, mode, facts) => [
      ...lock(relation, mode, facts),
      ...lock(relation, mode, { ...facts, ...ofName, through: 'descendants' }),
      ...lock(relation, mode, { ...facts, through: 'partitions' }),
    ]
  }
  return isInherited(command) ? withDescendants : withWorkOnPartitions
}

/** Indexes, foreign keys and NO INHERIT are of the one table, and of its partitions; who inherits is locked all the same. */
function withWorkOnPartitions(...[relation, mode, facts]: Parameters<typeof lock>): TableLock[] {
  return [...withPartitions(relation, mode, facts), ...below(relation, mode, 'descendants')]
}

const TRIGGERS = /^AT_(Enable|Disable)(Always|Replica)?Trig(All|User)?$/

/** Partitions have the identity of their parent, from PostgreSQL 17 on. */
const IDENTITY = new Set(['AT_AddIdentity', 'AT_SetIdentity', 'AT_DropIdentity'])

/** Subcommands that change this one table, and not those that inherit from it. */
const STAYS = new Set([
  'AT_ChangeOwner',
  'AT_SetOptions',
  'AT_ResetOptions',
  'AT_SetCompression',
  'AT_ClusterOn',
  'AT_DropCluster',
  'AT_SetLogged',
  'AT_SetUnLogged',
  'AT_SetAccessMethod',
  'AT_SetTableSpace',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_EnableRule',
  'AT_EnableAlwaysRule',
  'AT_EnableReplicaRule',
  'AT_DisableRule',
  'AT_AddOf',
  'AT_DropOf',
  'AT_ReplicaIdentity',
  'AT_EnableRowSecurity',
  'AT_DisableRowSecurity',
  'AT_ForceRowSecurity',
  'AT_NoForceRowSecurity',
  'AT_DropOids',
  'AT_AddInherit',
  'AT_DropInherit',
  'AT_AttachPartition',
  'AT_DetachPartition',
  'AT_DetachPartitionFinalize',
])

/** https://www.postgresql.org/docs/18/sql-altertable.html: ACCESS EXCLUSIVE unless explicitly noted. */
function findMode({ subtype = 'AT_AddColumn', def }: AlterTableCmd): LockMode {
  if (TRIGGERS.test(subtype)) return 'SHARE ROW EXCLUSIVE'
  switch (subtype) {
    case 'AT_AddConstraint':
      return findConstraint(def)?.contype === 'CONSTR_FOREIGN'
        ? 'SHARE ROW EXCLUSIVE'
        : 'ACCESS EXCLUSIVE'
    case 'AT_ValidateConstraint':
    case 'AT_SetStatistics':
    case 'AT_SetOptions':
    case 'AT_ResetOptions':
    case 'AT_ClusterOn':
    case 'AT_DropCluster':
    case 'AT_AttachPartition':
    case 'AT_DetachPartitionFinalize':
      return 'SHARE UPDATE EXCLUSIVE'
    case 'AT_DetachPartition':
      return def && 'PartitionCmd' in def && def.PartitionCmd.concurrent
        ? 'SHARE UPDATE EXCLUSIVE'
        : 'ACCESS EXCLUSIVE'
    case 'AT_SetRelOptions':
    case 'AT_ResetRelOptions':
      return listOptions(def).every(isHarmlessOption)
        ? 'SHARE UPDATE EXCLUSIVE'
        : 'ACCESS EXCLUSIVE'
    default:
      return 'ACCESS EXCLUSIVE'
  }
}

/** Storage parameters that PostgreSQL sets beside reads and writes. */
function isHarmlessOption(option: string): boolean {
  return (
    /autovacuum/.test(option) ||
    ['fillfactor', 'parallel_workers', 'toast_tuple_target', 'vacuum_truncate'].includes(option) ||
    ['vacuum_index_cleanup', 'deduplicate_items', 'n_distinct'].includes(option) ||
    option === 'vacuum_max_eager_freeze_failure_rate'
  )
}

function listOptions(def: Node | undefined): string[] {
  const items = def && 'List' in def ? (def.List.items ?? []) : []
  return items.flatMap((item) => ('DefElem' in item ? [item.DefElem.defname ?? ''] : []))
}
