import type { AlterTableStmt, DropStmt, Node, RangeVar, TruncateStmt } from '@pgsql/types'
import type { AlterComposite, DataLoss, DroppedKind, Name } from '../migration.ts'
import { readFill } from './fill.ts'
import { readName } from './names.ts'
import { isRecord, nodesIn } from './nodes.ts'
import { showCommand } from './words.ts'

/**
 * What a statement may throw away: rows, values, and the objects that hold them. The whole tree is read. Commands that
 * take nothing are listed (`HARMLESS`); one that is on no list counts as unreadable.
 */
export function findDrops(node: Node): DataLoss[] {
  const [kind = '', body] = Object.entries(node)[0] ?? []
  if (STORED.has(kind)) return []
  return [
    ...ownDrops(kind, node, body),
    ...writesInside(body),
    ...callsIn(body),
    ...(kind in READS ? [readsOf(kind, body)] : []),
  ]
}

/** They run a query: a view that it reads may call functions that write. */
const READS = {
  CopyStmt: true,
  CreateTableAsStmt: true,
  DeclareCursorStmt: true,
  ExplainStmt: true,
  FetchStmt: true,
  RefreshMatViewStmt: true,
  SelectStmt: true,
}

function readsOf(kind: string, body: unknown): DataLoss {
  return {
    what: 'reads',
    relations: relationsIn(body),
    ...(kind === 'FetchStmt' && { cursor: true }),
  }
}

function relationsIn(body: unknown): Name[] {
  const names = nodesIn(body, 'RangeVar').map((relation) => toName(relation))
  const own = isRecord(body) && isRecord(body['relation']) ? [toName(body['relation'])] : []
  return [...names, ...own]
}

function ownDrops(kind: string, node: Node, body: unknown): DataLoss[] {
  if ('DropStmt' in node) return droppedObjects(node.DropStmt)
  if ('AlterTableStmt' in node) return alteredColumns(node.AlterTableStmt)
  if ('TruncateStmt' in node) return [truncated(node.TruncateStmt)]
  if (kind in WRITES) return written(kind, body, true)
  if ('CreateSchemaStmt' in node) return (node.CreateSchemaStmt.schemaElts ?? []).flatMap(findDrops)
  // Nothing that reads the view works until it is refreshed.
  if ('RefreshMatViewStmt' in node && node.RefreshMatViewStmt.skipData) {
    return [{ what: 'unreadable', command: 'REFRESH MATERIALIZED VIEW … WITH NO DATA' }]
  }
  // Deferred triggers run: those of any table.
  if ('ConstraintsSetStmt' in node && !node.ConstraintsSetStmt.deferred)
    return [{ what: 'calls', functions: [] }]
  // It sets what is NULL, so that it takes something only where triggers do: as an INSERT.
  const fill = readFill(node)
  if (fill) return [{ what: 'insert', table: fill.table }]
  if ('DropOwnedStmt' in node) return [{ what: 'others', command: 'DROP OWNED', cascade: true }]
  return HARMLESS.has(kind) ? [] : [{ what: 'unreadable', command: showCommand(kind) }]
}

const WRITES: Record<string, string> = {
  DeleteStmt: 'DELETE',
  InsertStmt: 'INSERT',
  MergeStmt: 'MERGE',
  UpdateStmt: 'UPDATE',
}

/** A statement that writes rows: by itself, or as a part of another. */
function written(kind: string, body: unknown, isWhole: boolean): DataLoss[] {
  if (!isRecord(body)) return []
  const table = toName(body['relation'] as RangeVar | undefined)
  if (kind === 'InsertStmt') {
    const conflict = body['onConflictClause'] as { action?: string } | undefined
    if (conflict?.action !== 'ONCONFLICT_UPDATE') return [{ what: 'insert', table }]
    return [{ what: 'written', table, command: 'INSERT … ON CONFLICT DO UPDATE' }]
  }
  const where = body['whereClause']
  const cursor = isRecord(where) && 'CurrentOfExpr' in where && ({ cursor: true } as const)
  if (kind === 'DeleteStmt' && isWhole) return [{ what: 'delete', table, ...cursor }]
  if (kind === 'UpdateStmt' && isWhole) return [{ what: 'update', table, ...cursor }]
  return [{ what: 'written', table, command: WRITES[kind] ?? kind }]
}

/** Statements within a statement: WITH, COPY, EXPLAIN, CREATE TABLE AS. */
function writesInside(body: unknown): DataLoss[] {
  const executes = nodesIn(body, 'ExecuteStmt').length > 0
  return [
    ...(executes ? [{ what: 'unreadable' as const, command: 'EXECUTE' }] : []),
    ...Object.keys(WRITES).flatMap((kind) =>
      nodesIn(body, kind).flatMap((inner) => written(kind, inner, false)),
    ),
  ]
}

/** These store statements and expressions for later, and run none of them. */
const STORED = new Set([
  'AlterPolicyStmt',
  'CreateFunctionStmt',
  'CreatePolicyStmt',
  'CreateStmt',
  'CreateTrigStmt',
  'PrepareStmt',
  'RuleStmt',
  'ViewStmt',
])

/** Commands that take no row, no value and no table. What they call is looked at all the same. */
const HARMLESS = new Set(
  `AlterCollationStmt AlterDatabaseRefreshCollStmt AlterDatabaseSetStmt AlterDatabaseStmt AlterDefaultPrivilegesStmt
  AlterDomainStmt AlterEnumStmt AlterEventTrigStmt AlterExtensionContentsStmt AlterFdwStmt AlterForeignServerStmt AlterFunctionStmt
  AlterObjectDependsStmt AlterObjectSchemaStmt AlterOpFamilyStmt AlterOperatorStmt AlterOwnerStmt AlterPublicationStmt
  AlterRoleSetStmt AlterRoleStmt AlterSeqStmt AlterStatsStmt AlterSubscriptionStmt AlterSystemStmt AlterTableMoveAllStmt
  AlterTableSpaceOptionsStmt AlterTSConfigurationStmt AlterTSDictionaryStmt AlterTypeStmt AlterUserMappingStmt
  CheckPointStmt ClosePortalStmt ClusterStmt CommentStmt CompositeTypeStmt ConstraintsSetStmt CopyStmt CreateAmStmt CreateCastStmt
  CreateConversionStmt CreateDomainStmt CreateEnumStmt CreateEventTrigStmt CreateExtensionStmt CreateFdwStmt
  CreateForeignServerStmt CreateForeignTableStmt CreateOpClassStmt CreateOpFamilyStmt CreatePLangStmt CreatePublicationStmt
  CreateRangeStmt CreateRoleStmt CreateSeqStmt CreateStatsStmt CreateSubscriptionStmt CreateTableAsStmt
  CreateTableSpaceStmt CreateTransformStmt CreateUserMappingStmt CreatedbStmt DeallocateStmt DeclareCursorStmt DefineStmt
  DropRoleStmt DropSubscriptionStmt DropTableSpaceStmt DropUserMappingStmt ExplainStmt FetchStmt GrantRoleStmt GrantStmt
  ImportForeignSchemaStmt IndexStmt ListenStmt LoadStmt LockStmt NotifyStmt ReassignOwnedStmt RefreshMatViewStmt ReindexStmt
  RenameStmt SecLabelStmt SelectStmt TransactionStmt UnlistenStmt VacuumStmt VariableSetStmt VariableShowStmt`.split(
    /\s+/,
  ),
)

const KINDS: Record<string, DroppedKind> = {
  OBJECT_TABLE: 'table',
  OBJECT_VIEW: 'relation',
  OBJECT_MATVIEW: 'relation',
  OBJECT_SEQUENCE: 'relation',
  OBJECT_FOREIGN_TABLE: 'relation',
  OBJECT_SCHEMA: 'schema',
  OBJECT_TYPE: 'type',
  OBJECT_DOMAIN: 'domain',
  OBJECT_EXTENSION: 'extension',
  OBJECT_COLLATION: 'collation',
}

/** Nothing that holds data depends on these. */
const LEAVES = new Set([
  'OBJECT_INDEX',
  'OBJECT_TRIGGER',
  'OBJECT_POLICY',
  'OBJECT_RULE',
  'OBJECT_STATISTIC_EXT',
])

function droppedObjects({ removeType, objects = [], behavior }: DropStmt): DataLoss[] {
  const cascade = behavior === 'DROP_CASCADE'
  if (LEAVES.has(removeType ?? '')) return []
  // Without CASCADE it is refused where a column depends on it.
  if (removeType === 'OBJECT_FUNCTION' && !cascade) return []
  const kind = KINDS[removeType ?? '']
  if (kind === undefined) return [{ what: 'others', command: 'DROP … CASCADE', cascade }]
  return [{ what: 'objects', kind, names: objects.map(readName), cascade }]
}

function alteredColumns({ relation, objtype, cmds = [] }: AlterTableStmt): DataLoss[] {
  const table = toName(relation)
  return cmds.flatMap((cmd): DataLoss[] => {
    if (!('AlterTableCmd' in cmd)) return []
    const { subtype, name: column = '', behavior } = cmd.AlterTableCmd
    const cascade = behavior === 'DROP_CASCADE'
    if (objtype === 'OBJECT_TYPE') {
      return subtype === 'AT_DropColumn' || subtype === 'AT_AlterColumnType'
        ? [
            {
              what: 'unreadable',
              command: 'ALTER TYPE of a composite type' satisfies AlterComposite,
            },
          ]
        : []
    }
    if (subtype === 'AT_DropColumn') return [{ what: 'column', table, column, cascade }]
    if (subtype === 'AT_AlterColumnType') return [{ what: 'conversion', table, column }]
    // Its sequence goes.
    if (subtype === 'AT_DropIdentity')
      return [{ what: 'others', command: 'DROP IDENTITY', cascade }]
    return []
  })
}

function truncated({ relations = [], behavior }: TruncateStmt): DataLoss {
  const tables = relations.flatMap((node) =>
    'RangeVar' in node ? [{ ...toName(node.RangeVar), only: !node.RangeVar.inh }] : [],
  )
  return { what: 'truncate', tables, cascade: behavior === 'DROP_CASCADE' }
}

function toName(relation: Pick<RangeVar, 'schemaname' | 'relname'> | undefined): Name {
  const { schemaname, relname = '' } = relation ?? {}
  return { ...(schemaname && { schema: schemaname }), name: relname }
}

function callsIn(body: unknown): DataLoss[] {
  const functions = nodesIn(body, 'FuncCall').map(({ funcname }) =>
    readName({ List: { items: funcname as Node[] } }),
  )
  return functions.length === 0 ? [] : [{ what: 'calls', functions }]
}
