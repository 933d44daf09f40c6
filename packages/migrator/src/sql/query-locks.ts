import type { Node, RangeVar } from '@pgsql/types'
import type { TableLock } from '../migration.ts'
import { readFill } from './fill.ts'
import { lock } from './lock-parts.ts'
import { readName } from './names.ts'
import { nodesIn } from './nodes.ts'

/**
 * What reads and writes lock: ROW EXCLUSIVE on what they write, ROW SHARE on what they lock row by row,
 * ACCESS SHARE on what they read. What triggers and views reach is not in the text.
 */
export function queryLocks(node: Node): TableLock[] {
  const fill = readFill(node)
  if (fill) {
    const { schema: schemaname, name: relname } = fill.table
    return lock({ relname, ...(schemaname !== undefined && { schemaname }) }, 'ROW EXCLUSIVE')
  }
  const found = new Found()
  visit(node, found)
  const isReal = ({ schema, table }: TableLock) => schema !== undefined || !found.ctes.has(table)
  return found.locks.filter(isReal)
}

/** True where the text does not tell all that is locked: the work of functions, and what CASCADE takes along. */
export function isOpaque(node: Node): boolean {
  if (OPAQUE.some((kind) => kind in node)) return readFill(node) === undefined
  if ('CreateSchemaStmt' in node) return (node.CreateSchemaStmt.schemaElts ?? []).some(isOpaque)
  if ('VacuumStmt' in node) return (node.VacuumStmt.rels ?? []).length === 0
  if ('ReindexStmt' in node) return node.ReindexStmt.relation === undefined
  // The tables that it publishes no longer.
  if ('AlterPublicationStmt' in node) return node.AlterPublicationStmt.action === 'AP_SetObjects'
  if ('DropStmt' in node) return node.DropStmt.behavior === 'DROP_CASCADE'
  if (!('SelectStmt' in node)) return false
  const found = new Found()
  visit(node, found)
  return found.callsFunction
}

const OPAQUE = [
  'DoStmt',
  'CallStmt',
  'ExecuteStmt',
  'CreateExtensionStmt',
  'AlterExtensionStmt',
  'DropOwnedStmt',
  'ReassignOwnedStmt',
  'AlterTableMoveAllStmt',
  'ImportForeignSchemaStmt',
]

/** Functions that a migration selects for what they do, and that lock no table. */
const KNOWN_FUNCTIONS = new Set(['set_config', 'setval', 'nextval'])

class Found {
  readonly locks: TableLock[] = []
  readonly ctes = new Set<string>()
  callsFunction = false
}

/** Every node is an object with one key, its kind; the relations that are written stand in it unwrapped. */
function visit(value: unknown, found: Found): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, found)
    return
  }
  if (value === null || typeof value !== 'object') return
  for (const [key, inner] of Object.entries(value)) {
    note(key, inner, found)
    visit(inner, found)
  }
}

function note(key: string, inner: Record<string, unknown>, found: Found): void {
  if (['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'].includes(key)) {
    found.locks.push(...lock(inner['relation'] as RangeVar, 'ROW EXCLUSIVE'))
  }
  if (key === 'CopyStmt') {
    const mode = inner['is_from'] === true ? 'ROW EXCLUSIVE' : 'ACCESS SHARE'
    found.locks.push(...lock(inner['relation'] as RangeVar, mode))
  }
  if (key === 'RangeVar') found.locks.push(...lock(inner, 'ACCESS SHARE'))
  if (key === 'SelectStmt' && inner['lockingClause'] !== undefined) {
    const locked = nodesIn(inner['lockingClause'], 'RangeVar').map(({ relname }) => relname)
    for (const from of nodesIn(inner['fromClause'], 'RangeVar') as RangeVar[]) {
      const isLocked = locked.includes(from.alias?.aliasname ?? from.relname)
      if (locked.length === 0 || isLocked) found.locks.push(...lock(from, 'ROW SHARE'))
    }
  }
  if (key === 'CommonTableExpr') found.ctes.add(String(inner['ctename']))
  if (key === 'FuncCall') {
    const { schema, name } = readName({ List: { items: inner['funcname'] as Node[] } })
    if (schema !== 'pg_catalog' && !KNOWN_FUNCTIONS.has(name)) found.callsFunction = true
  }
}
