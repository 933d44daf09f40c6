import type { AlterTableStmt, DropStmt, Node, RangeVar, TruncateStmt } from '@pgsql/types'
import type { Drop, DroppedKind, Name } from '../migration.ts'
import { nameOf } from './names.ts'

/** What a statement may throw away: rows, values, and the objects that hold them. */
export function dropsOf(node: Node): Drop[] {
  if ('DropStmt' in node) return droppedObjects(node.DropStmt)
  if ('AlterTableStmt' in node) return alteredColumns(node.AlterTableStmt)
  if ('TruncateStmt' in node) return [truncated(node.TruncateStmt)]
  if (changesInside(node)) return [{ what: 'unreadable', command: 'a WITH that changes rows' }]
  if ('DeleteStmt' in node) return rowsOf('delete', node.DeleteStmt.relation)
  if ('UpdateStmt' in node) return rowsOf('update', node.UpdateStmt.relation)
  if ('InsertStmt' in node) {
    return node.InsertStmt.onConflictClause?.action === 'ONCONFLICT_UPDATE'
      ? [{ what: 'unreadable', command: 'INSERT … ON CONFLICT DO UPDATE' }]
      : callsIn(node)
  }
  if ('SelectStmt' in node) return callsIn(node)
  const unreadable = Object.entries(UNREADABLE).find(([kind]) => kind in node)
  return unreadable ? [{ what: 'unreadable', command: unreadable[1] }] : []
}

const UNREADABLE = {
  DoStmt: 'DO',
  CallStmt: 'CALL',
  MergeStmt: 'MERGE',
  ExecuteStmt: 'EXECUTE',
  DropOwnedStmt: 'DROP OWNED',
}

const KINDS: Record<string, DroppedKind> = {
  OBJECT_TABLE: 'table',
  OBJECT_SCHEMA: 'schema',
  OBJECT_TYPE: 'type',
  OBJECT_DOMAIN: 'domain',
  OBJECT_EXTENSION: 'extension',
  OBJECT_COLLATION: 'collation',
}

/** What goes with these, even by CASCADE, is made from other data. */
const HARMLESS = new Set([
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_INDEX',
  'OBJECT_SEQUENCE',
  'OBJECT_FUNCTION',
  'OBJECT_PROCEDURE',
  'OBJECT_ROUTINE',
  'OBJECT_AGGREGATE',
  'OBJECT_TRIGGER',
  'OBJECT_POLICY',
  'OBJECT_RULE',
  'OBJECT_STATISTIC_EXT',
  'OBJECT_FOREIGN_TABLE',
  'OBJECT_CAST',
])

function droppedObjects({ removeType, objects = [], behavior }: DropStmt): Drop[] {
  const kind = KINDS[removeType ?? '']
  if (kind === undefined) {
    const isKnown = behavior !== 'DROP_CASCADE' || HARMLESS.has(removeType ?? '')
    return isKnown ? [] : [{ what: 'unreadable', command: 'DROP … CASCADE' }]
  }
  const names = objects.map((object): Name => {
    const { schema, name } = nameOf(object)
    return { ...(schema && { schema }), name }
  })
  return [{ what: 'objects', kind, names, cascade: behavior === 'DROP_CASCADE' }]
}

function alteredColumns({ relation, objtype, cmds = [] }: AlterTableStmt): Drop[] {
  const table = tableOf(relation)
  return cmds.flatMap((cmd): Drop[] => {
    if (!('AlterTableCmd' in cmd)) return []
    const { subtype, name: column = '', behavior } = cmd.AlterTableCmd
    const cascade = behavior === 'DROP_CASCADE'
    if (objtype === 'OBJECT_TYPE') {
      return subtype === 'AT_DropColumn' || subtype === 'AT_AlterColumnType'
        ? [{ what: 'unreadable', command: 'ALTER TYPE of a composite type' }]
        : []
    }
    if (subtype === 'AT_DropColumn') return [{ what: 'column', table, column, cascade }]
    if (subtype === 'AT_AlterColumnType') return [{ what: 'conversion', table, column }]
    return []
  })
}

function truncated({ relations = [], behavior }: TruncateStmt): Drop {
  const tables = relations.flatMap((node) =>
    'RangeVar' in node ? [{ ...tableOf(node.RangeVar), only: !node.RangeVar.inh }] : [],
  )
  return { what: 'truncate', tables, cascade: behavior === 'DROP_CASCADE' }
}

function rowsOf(what: 'delete' | 'update', relation: RangeVar | undefined): Drop[] {
  return [{ what, table: tableOf(relation) }]
}

function tableOf(relation: RangeVar | undefined): Name {
  const { schemaname, relname = '' } = relation ?? {}
  return { ...(schemaname && { schema: schemaname }), name: relname }
}

const CHANGES = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']

/** True for a statement whose WITH holds another that changes rows. */
function changesInside(node: Node): boolean {
  return nodesIn(node, 'CommonTableExpr').some(({ ctequery }) =>
    CHANGES.some((kind) => isRecord(ctequery) && kind in ctequery),
  )
}

function callsIn(node: Node): Drop[] {
  const functions = nodesIn(node, 'FuncCall').map(({ funcname }): Name => {
    const { schema, name } = nameOf({ List: { items: funcname as Node[] } })
    return { ...(schema && { schema }), name }
  })
  return functions.length === 0 ? [] : [{ what: 'calls', functions }]
}

/** The contents of all nodes of a kind, at any depth. */
function nodesIn(value: unknown, kind: string): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap((item) => nodesIn(item, kind))
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([key, held]) => [
    ...(key === kind && isRecord(held) ? [held] : []),
    ...nodesIn(held, kind),
  ])
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
