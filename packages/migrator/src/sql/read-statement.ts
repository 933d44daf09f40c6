import type { DropStmt, Node, ReindexStmt } from '@pgsql/types'
import type { Boundary, Completion, Statement } from '../migration.ts'
import { checksum } from './checksum.ts'
import { findDrops } from './data-losses.ts'
import { findEffects } from './effects.ts'
import { readFill } from './fill.ts'
import { findLocks } from './locks.ts'
import { findMakings } from './makings.ts'
import { isOpaque } from './query-locks.ts'
import { readName } from './names.ts'
import { parseSql, type ParsedStatement } from './parse.ts'
import { findRenaming } from './renaming.ts'
import { settingScope } from './settings.ts'

/** A statement that no migration may hold, since it would break the runner's transactions or its session. */
export class UnusableStatement extends Error {
  override readonly name = 'UnusableStatement'
  readonly statement: string

  constructor(statement: string, reason: string) {
    super(reason)
    this.statement = statement
  }
}

/**
 * Reads a text of SQL into statements: what each demands of its transaction, how its completion shows in
 * the catalog, what it makes and removes. `transactional: false`: the author wants no transaction.
 * Throws `SyntaxProblem` and `UnusableStatement`.
 */
export async function readStatements(sql: string, transactional: boolean): Promise<Statement[]> {
  return (await parseSql(sql)).map((parsed) => readStatement(parsed, transactional))
}

function readStatement({ sql, node }: ParsedStatement, transactional: boolean): Statement {
  const reason = unusable(node)
  if (reason !== undefined) throw new UnusableStatement(sql, reason)
  const boundary = !transactional && mayRefuseTransaction(node) ? 'outside' : findBoundary(node)
  const renames = findRenaming(node)
  const completion = boundary === 'outside' ? findCompletion(node) : undefined
  const scope = settingScope(node)
  const makes = findMakings(node)
  return {
    sql,
    checksum: checksum(node),
    boundary,
    ...(completion && { completion }),
    isSet: scope === 'session',
    ...(scope === 'transaction' && { setsLocally: true }),
    isLongRunning: 'IndexStmt' in node || boundary === 'own',
    effects: findEffects(node),
    dataLosses: findDrops(node),
    locks: findLocks(node),
    hasUnknownLocks: isOpaque(node),
    ...(renames && { renames }),
    ...(makes.length > 0 && { makes }),
  }
}

/** CALL and DO may commit; REINDEX and CLUSTER do so where the table is partitioned. The text does not tell. */
function mayRefuseTransaction(node: Node): boolean {
  return ['CallStmt', 'DoStmt', 'ReindexStmt', 'ClusterStmt'].some((kind) => kind in node)
}

function unusable(node: Node): string | undefined {
  if ('TransactionStmt' in node) {
    const kind = node.TransactionStmt.kind ?? ''
    // Savepoints stay inside the transaction of their segment.
    if (/SAVEPOINT|ROLLBACK_TO|RELEASE/.test(kind)) return undefined
    return 'BEGIN, COMMIT and their like belong to the runner, which decides the transactions.'
  }
  if ('CopyStmt' in node && !node.CopyStmt.filename && !node.CopyStmt.is_program) {
    return 'COPY from or to the client has no stream here; use INSERT.'
  }
  if ('DiscardStmt' in node) return 'DISCARD would let go of the migration lock.'
  if ('IndexStmt' in node && node.IndexStmt.concurrent && !node.IndexStmt.idxname) {
    return 'an index that is built concurrently needs a name, or an interrupted build cannot be found again.'
  }
  return undefined
}

/** What it demands of the transaction around it. */
export function findBoundary(node: Node): Boundary {
  if (isOutside(node)) return 'outside'
  if ('AlterEnumStmt' in node && node.AlterEnumStmt.newVal && !node.AlterEnumStmt.oldVal)
    return 'commits-after'
  const commands = alterCommands(node)
  if (commands.some((command) => command.subtype === 'AT_ValidateConstraint')) return 'own'
  // The parser's letter for VALIDATE CONSTRAINT.
  if ('AlterDomainStmt' in node && node.AlterDomainStmt.subtype === 'V') return 'own'
  return 'shared'
}

/** https://www.postgresql.org/docs/18/sql-createindex.html and the other pages: "cannot be executed inside a transaction block". */
function isOutside(node: Node): boolean {
  if ('IndexStmt' in node) return node.IndexStmt.concurrent ?? false
  if ('DropStmt' in node) return node.DropStmt.concurrent ?? false
  if ('ReindexStmt' in node)
    return isConcurrentReindex(node.ReindexStmt) || isReindexOfMany(node.ReindexStmt)
  if (readFill(node)) return true
  if ('VacuumStmt' in node) return node.VacuumStmt.is_vacuumcmd ?? false
  if ('ClusterStmt' in node) return node.ClusterStmt.relation === undefined
  if ('AlterDatabaseStmt' in node) {
    return (node.AlterDatabaseStmt.options ?? []).some(
      (option) => 'DefElem' in option && option.DefElem.defname === 'tablespace',
    )
  }
  return (
    alterCommands(node).some(
      ({ def }) => def !== undefined && 'PartitionCmd' in def && def.PartitionCmd.concurrent,
    ) || ALWAYS_OUTSIDE.some((kind) => kind in node)
  )
}

const ALWAYS_OUTSIDE = [
  'AlterSystemStmt',
  'CreatedbStmt',
  'DropdbStmt',
  'CreateTableSpaceStmt',
  'DropTableSpaceStmt',
  'CreateSubscriptionStmt',
  'AlterSubscriptionStmt',
  'DropSubscriptionStmt',
]

function isConcurrentReindex({ params }: ReindexStmt): boolean {
  return (params ?? []).some(
    (param) => 'DefElem' in param && param.DefElem.defname === 'concurrently',
  )
}

function isReindexOfMany({ kind }: ReindexStmt): boolean {
  return kind !== 'REINDEX_OBJECT_INDEX' && kind !== 'REINDEX_OBJECT_TABLE'
}

function findCompletion(node: Node): Completion | undefined {
  if ('IndexStmt' in node) {
    const { idxname = '', relation } = node.IndexStmt
    const table = relation?.relname ?? ''
    return { probe: 'index-built', ...withSchema(relation?.schemaname), table, index: idxname }
  }
  if ('DropStmt' in node) return droppedIndex(node.DropStmt)
  if ('AlterTableStmt' in node) return detachedPartition(node)
  if ('ReindexStmt' in node) return reindexed(node.ReindexStmt)
  if (
    'VacuumStmt' in node ||
    'ClusterStmt' in node ||
    'AlterSystemStmt' in node ||
    readFill(node)
  ) {
    return { probe: 'repeatable' }
  }
  return undefined
}

/** An index or a table by its name; of a schema, only the schema; of a database, neither. */
function reindexed(reindex: ReindexStmt): Completion {
  if (!isConcurrentReindex(reindex)) return { probe: 'repeatable' }
  const { kind, relation, name } = reindex
  const schema = relation?.schemaname ?? (kind === 'REINDEX_OBJECT_SCHEMA' ? name : undefined)
  return {
    probe: 'reindexed',
    ...withSchema(schema),
    ...(relation?.relname && { relation: relation.relname }),
  }
}

function droppedIndex(drop: DropStmt): Completion {
  const { schema, name } = readName(drop.objects?.[0])
  return { probe: 'index-gone', ...withSchema(schema), index: name }
}

function detachedPartition(
  node: Extract<Node, { AlterTableStmt: unknown }>,
): Completion | undefined {
  const parent = node.AlterTableStmt.relation
  const command = alterCommands(node)[0]?.def
  if (!parent?.relname || !command || !('PartitionCmd' in command)) return undefined
  const partition = command.PartitionCmd.name
  if (!partition?.relname) return undefined
  return {
    probe: 'partition-detached',
    ...withSchema(parent.schemaname),
    parent: parent.relname,
    ...(partition.schemaname && { partitionSchema: partition.schemaname }),
    partition: partition.relname,
  }
}

function withSchema(schema: string | undefined): { schema?: string } {
  return schema ? { schema } : {}
}

function alterCommands(node: Node) {
  if (!('AlterTableStmt' in node)) return []
  return (node.AlterTableStmt.cmds ?? []).flatMap((cmd) =>
    'AlterTableCmd' in cmd ? [cmd.AlterTableCmd] : [],
  )
}
