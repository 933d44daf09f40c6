import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint, ObjectType } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { findConstraint } from '../sql/alter-table-work.ts'
import { readName } from '../sql/names.ts'
import { showKind } from '../sql/words.ts'
import { listVolatileCalls } from '../sql/volatile-calls.ts'
import { isCheckKept, narrowing, requiring } from './constraints.ts'
import {
  columnKey,
  constraintKey,
  indexKey,
  toKey,
  learnConstraint,
  toName,
  shown,
  tableKey,
  triggerKey,
  type Release,
} from './release.ts'

/** What ALTER TABLE (VIEW, INDEX, TYPE, …) takes from the release before, and what the migration has made by it. */
export function breaksByAltering(release: Release, statement: AlterTableStmt): string[] {
  const table = toName(statement.relation)
  const isNew = release.made.has(toKey(table))
  return (statement.cmds ?? []).flatMap((cmd) => {
    if (!('AlterTableCmd' in cmd)) return []
    const command = cmd.AlterTableCmd
    const says =
      statement.objtype === 'OBJECT_TABLE'
        ? commandBreaks(release, table, command)
        : otherBreaks(statement.objtype, table, command)
    learn(release, table, command)
    return isNew || says === undefined ? [] : [says]
  })
}

function learn(release: Release, table: Name, { subtype, name = '', def }: AlterTableCmd): void {
  const constraint = findConstraint(def)
  if (subtype === 'AT_AddConstraint' && constraint) {
    learnConstraint(release, table, constraint)
    // The constraint has taken the index over.
    if (constraint.indexname) release.now.delete(indexKey({ ...table, name: constraint.indexname }))
  }
  if (subtype === 'AT_DropConstraint') release.now.delete(constraintKey(table, name))
  if (subtype === 'AT_AddColumn' && def && 'ColumnDef' in def) {
    const { colname = '', constraints = [] } = def.ColumnDef
    release.added.set(columnKey(table, colname), { isFilled: isFilled(def.ColumnDef) })
    for (const one of constraints) {
      if ('Constraint' in one) learnConstraint(release, table, one.Constraint, colname)
    }
  }
  const added = release.added.get(columnKey(table, name))
  if (subtype === 'AT_ColumnDefault' && added) added.isFilled = def !== undefined
}

/** Subcommands that nothing notices which reads and writes the table. */
const HARMLESS = new Set<string | undefined>([
  'AT_ValidateConstraint',
  'AT_SetStatistics',
  'AT_SetOptions',
  'AT_ResetOptions',
  'AT_SetStorage',
  'AT_SetCompression',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_ClusterOn',
  'AT_DropCluster',
  'AT_SetLogged',
  'AT_SetUnLogged',
  'AT_SetTableSpace',
  'AT_SetAccessMethod',
  'AT_ReplicaIdentity',
  'AT_DisableRowSecurity',
  'AT_NoForceRowSecurity',
  'AT_AddOf',
  'AT_DropOf',
])

const HARMFUL: Record<string, (table: string, name: string) => string> = {
  AT_DropIdentity: (table, name) => `drops the identity of ${table}.${name}`,
  AT_SetIdentity: (table, name) => `changes the identity of ${table}.${name}`,
  AT_SetExpression: (table, name) => `changes what ${table}.${name} is made from`,
  AT_DropExpression: (table, name) => `no longer makes ${table}.${name} of itself`,
  AT_EnableRowSecurity: (table) => `turns row security on for ${table}`,
  AT_ForceRowSecurity: (table) => `turns row security on for the owner of ${table}`,
  AT_ChangeOwner: (table) => `gives ${table} another owner`,
  AT_DetachPartition: (table) => `takes a partition out of ${table}`,
  AT_DetachPartitionFinalize: (table) => `takes a partition out of ${table}`,
  AT_AddInherit: (table) => `makes ${table} a child of another table, whose queries show its rows`,
  AT_DropInherit: (table) => `takes ${table} out of its parent, whose queries lose its rows`,
  AT_AlterConstraint: (table) => `changes when, or whether, a constraint of ${table} is checked`,
  AT_DisableTrig: (table, name) =>
    `turns trigger ${name} of ${table} off, and its writes pass without it`,
  AT_DisableTrigUser: (table) =>
    `turns the triggers of ${table} off, and its writes pass without them`,
  AT_DisableTrigAll: (table) =>
    `turns all triggers of ${table} off, those of its foreign keys too, and its writes pass unchecked`,
  AT_EnableTrig: (table, name) => turnsOn(`trigger ${name} of ${table}`),
  AT_EnableAlwaysTrig: (table, name) => turnsOn(`trigger ${name} of ${table}`),
  AT_EnableTrigUser: (table) => turnsOn(`the triggers of ${table}`),
  AT_EnableTrigAll: (table) => turnsOn(`all triggers of ${table}`),
  AT_EnableReplicaTrig: (table, name) =>
    `turns trigger ${name} of ${table} off for all but replication, and its writes pass without it`,
  AT_EnableRule: (table, name) => turnsOn(`rule ${name} of ${table}`),
  AT_EnableAlwaysRule: (table, name) => turnsOn(`rule ${name} of ${table}`),
  AT_EnableReplicaRule: (table, name) =>
    `turns rule ${name} of ${table} off for all but replication, and its queries pass without it`,
  AT_DisableRule: (table, name) =>
    `turns rule ${name} of ${table} off, and its queries pass without it`,
}

/** A trigger that the same migration has made was looked at when it was. */
function isOfOwnTrigger({ made }: Release, table: Name, { subtype, name }: AlterTableCmd): boolean {
  return subtype === 'AT_EnableAlwaysTrig' && made.has(triggerKey(table, name ?? ''))
}

const turnsOn = (what: string) => `turns ${what} on, and its writes may be changed or refused`

/** Why a subcommand breaks the release before; what is on no list may. */
function commandBreaks(release: Release, table: Name, command: AlterTableCmd): string | undefined {
  const { subtype, name = '', def, missing_ok: mayBeMissing } = command
  if (HARMLESS.has(subtype) || isOfOwnTrigger(release, table, command)) return undefined
  const isAdded = release.added.has(columnKey(table, name))
  const column = `${shown(table)}.${name}`
  switch (subtype) {
    case 'AT_AddColumn':
      return def && 'ColumnDef' in def ? addedBreaks(release, table, def.ColumnDef) : undefined
    case 'AT_DropColumn':
      return isAdded ? undefined : `drops column ${column}`
    case 'AT_AlterColumnType':
      return isAdded ? undefined : `changes the type of ${column}`
    case 'AT_ColumnDefault':
      return isAdded || def ? undefined : `drops the default of ${column}`
    case 'AT_SetNotNull':
      return requiring(release, table, name)
    case 'AT_DropNotNull':
      return isAdded ? undefined : `lets ${column} be NULL, which its reads may not expect`
    case 'AT_AddIdentity': {
      const isStrict = findConstraint(def)?.generated_when === 'a'
      return isAdded || !isStrict ? undefined : `refuses values for ${column}`
    }
    case 'AT_AddConstraint':
      return narrowing(release, table, findConstraint(def) ?? {})
    case 'AT_DropConstraint':
      // Of a table that the migrations have made all constraints are known: this one is not there.
      return release.now.has(constraintKey(table, name)) ||
        (mayBeMissing && release.now.has(tableKey(table)))
        ? undefined
        : `drops constraint ${name} of ${shown(table)}, which no migration here has made: it may be a key that ON CONFLICT names`
    case 'AT_AttachPartition':
      return attachedBreaks(release, table, command)
    default:
      return (
        HARMFUL[subtype ?? '']?.(shown(table), name) ??
        `alters ${shown(table)} in a way whose effect on its queries is not known`
      )
  }
}

/** Queries depend on nothing of an index; a view's options decide which rows it shows and accepts. */
function otherBreaks(
  objtype: ObjectType | undefined,
  relation: Name,
  { subtype, def }: AlterTableCmd,
): string | undefined {
  if (objtype === 'OBJECT_INDEX') return undefined
  const isStorage = objtype === 'OBJECT_MATVIEW' && HARMLESS.has(subtype)
  const isDefault = subtype === 'AT_ColumnDefault' && def !== undefined
  if (isStorage || isDefault) return undefined
  return `alters ${showKind(objtype)} ${shown(relation)}`
}

function addedBreaks(release: Release, table: Name, column: ColumnDef): string | undefined {
  const { colname = '', constraints = [] } = column
  const all = constraints.flatMap((one) => ('Constraint' in one ? [one.Constraint] : []))
  const has = (...kinds: Constraint['contype'][]) =>
    all.some(({ contype }) => kinds.includes(contype))
  const filled = isFilled(column)
  const name = `${shown(table)}.${colname}`
  if (has('CONSTR_NOTNULL', 'CONSTR_PRIMARY') && !filled) {
    return `adds ${name} as NOT NULL without a default, and its writes leave that out`
  }
  const isConstant = all.some(
    ({ contype, raw_expr }) =>
      contype === 'CONSTR_DEFAULT' && listVolatileCalls(raw_expr).length === 0,
  )
  if (has('CONSTR_UNIQUE', 'CONSTR_PRIMARY') && isConstant) {
    return `adds ${name} as a unique key with a default that every row shares`
  }
  // The check is judged as if the column existed, with what the previous release leaves in it.
  const within = new Map(release.added).set(columnKey(table, colname), { isFilled: false })
  const isRefused = all.some(
    ({ contype, is_enforced, raw_expr }) =>
      contype === 'CONSTR_CHECK' &&
      is_enforced &&
      !filled &&
      !isCheckKept({ ...release, added: within }, table, raw_expr),
  )
  return isRefused ? `adds ${name} with a check that may refuse its writes` : undefined
}

/** True where a row gets a value there although its writer does not know the column. */
function isFilled({ constraints = [], typeName }: ColumnDef): boolean {
  const { name } = readName(typeName && { TypeName: typeName })
  if (/^(small|big)?serial[248]?$/.test(name)) return true
  return constraints.some(
    (one) =>
      'Constraint' in one &&
      ['CONSTR_DEFAULT', 'CONSTR_IDENTITY', 'CONSTR_GENERATED'].includes(
        one.Constraint.contype ?? '',
      ),
  )
}

/** A table that existed before accepts only the partition's rows from then on. */
function attachedBreaks(release: Release, table: Name, { def }: AlterTableCmd): string | undefined {
  const partition = def && 'PartitionCmd' in def ? def.PartitionCmd.name : undefined
  const name = toName(partition)
  if (release.made.has(toKey(name))) return undefined
  return `makes ${shown(name)} a partition of ${shown(table)}, which refuses other rows`
}
