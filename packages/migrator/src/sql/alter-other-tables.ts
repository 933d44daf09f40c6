import type { AlterTableCmd, AlterTableStmt, Node, PartitionCmd } from '@pgsql/types'
import type { TableLock } from '../migration.ts'
import { findAlteredConstraint } from './alter-table-work.ts'
import {
  foreignKeysOfPartition,
  foreignKeyTargets,
  lock,
  withDescendants,
  withPartitions,
} from './lock-parts.ts'

type Relation = AlterTableStmt['relation']

/** Foreign keys tie two tables, partitions several: what a subcommand locks beside its own. */
export function findOtherTables(command: AlterTableCmd, relation: Relation): TableLock[] {
  const { subtype, name, def } = command
  switch (subtype) {
    case 'AT_AddColumn':
    case 'AT_AddConstraint':
      return foreignKeyTargets(def)
    case 'AT_DropColumn':
      return dropLocks(command, relation, ['referenced-by', 'views'], name ? { column: name } : {})
    case 'AT_DropConstraint':
      return dropLocks(command, relation, ['referenced-by'], name ? { constraint: name } : {})
    case 'AT_ValidateConstraint': {
      const only = name ? { constraint: name } : {}
      return lock(relation, 'ROW SHARE', { through: 'references', ...only })
    }
    case 'AT_AlterColumnType':
      return typeLocks(relation, name ? { column: name } : {})
    case 'AT_AlterConstraint':
      return enforcementLocks(def, relation)
    case 'AT_AddInherit':
      return lock(def, 'SHARE UPDATE EXCLUSIVE')
    case 'AT_DropInherit':
      return lock(def, 'ACCESS SHARE')
    default:
      return def && 'PartitionCmd' in def ? partitionLocks(subtype, def.PartitionCmd, relation) : []
  }
}

type Part = Pick<TableLock, 'constraint' | 'column'>

/** `reached`: what CASCADE takes along. */
function dropLocks(
  { behavior }: AlterTableCmd,
  relation: Relation,
  reached: readonly ('referenced-by' | 'views')[],
  part: Part,
): TableLock[] {
  const through =
    behavior === 'DROP_CASCADE' ? (['references', ...reached] as const) : (['references'] as const)
  return through.flatMap((one) => lock(relation, 'ACCESS EXCLUSIVE', { through: one, ...part }))
}

/** The foreign keys that name the column are made again, and checked again. */
function typeLocks(relation: Relation, column: Part): TableLock[] {
  return [
    ...lock(relation, 'ACCESS EXCLUSIVE', { through: 'references', ...column }),
    ...lock(relation, 'ACCESS EXCLUSIVE', { through: 'referenced-by', ...column, work: 'scan' }),
  ]
}

/** The triggers of a foreign key that is ENFORCED or not are on both of its tables. */
function enforcementLocks(def: Node | undefined, relation: Relation): TableLock[] {
  const { alterEnforceability, is_enforced, conname = '' } = findAlteredConstraint(def) ?? {}
  if (!alterEnforceability) return []
  const mode = is_enforced ? 'SHARE ROW EXCLUSIVE' : 'ACCESS EXCLUSIVE'
  return lock(relation, mode, { through: 'references', constraint: conname })
}

function partitionLocks(
  subtype: AlterTableCmd['subtype'],
  { name, concurrent }: PartitionCmd,
  parent: Relation,
): TableLock[] {
  if (subtype === 'AT_AttachPartition') {
    // Its rows are read, and the indexes that it lacks are built.
    return [
      ...foreignKeysOfPartition(parent),
      ...withDescendants(name, 'ACCESS EXCLUSIVE', { work: 'build' }),
      ...lock(parent, 'ACCESS EXCLUSIVE', { through: 'default', work: 'scan' }),
    ]
  }
  const itself = concurrent
    ? lock(name, 'ACCESS EXCLUSIVE')
    : [
        ...withPartitions(name, 'ACCESS EXCLUSIVE'),
        ...lock(parent, 'ACCESS EXCLUSIVE', { through: 'default' }),
      ]
  return [
    ...itself,
    ...lock(parent, 'SHARE ROW EXCLUSIVE', { through: 'references' }),
    // They are read for rows whose key would go.
    ...lock(parent, 'ACCESS EXCLUSIVE', { through: 'referenced-by', work: 'scan' }),
  ]
}
