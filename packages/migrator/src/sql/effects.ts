import type { AlterTableCmd, Constraint, Node } from '@pgsql/types'
import type { Effect } from '../migration.ts'
import { readName } from './names.ts'

/**
 * The objects that a statement makes or removes, so that a half-applied migration can be undone by just
 * those statements of its `down` that undo what was applied.
 *
 * Schemas are left out of the keys: within one migration a bare name and a qualified one mean the same.
 * A statement whose effect has no name in its text (UPDATE, DO, …) has none here.
 */
export function findEffects(node: Node): Effect[] {
  if ('CreateStmt' in node) return made('table', node.CreateStmt.relation?.relname)
  if ('CreateTableAsStmt' in node) return made('table', node.CreateTableAsStmt.into?.rel?.relname)
  if ('IndexStmt' in node) return made('index', node.IndexStmt.idxname)
  if ('ViewStmt' in node) return made('view', node.ViewStmt.view?.relname)
  if ('CreateSeqStmt' in node) return made('sequence', node.CreateSeqStmt.sequence?.relname)
  if ('CreateSchemaStmt' in node) return made('schema', node.CreateSchemaStmt.schemaname)
  if ('CreateExtensionStmt' in node) return made('extension', node.CreateExtensionStmt.extname)
  if ('CreateEnumStmt' in node) return made('type', lastName(node.CreateEnumStmt.typeName))
  if ('CreateDomainStmt' in node) return made('domain', lastName(node.CreateDomainStmt.domainname))
  if ('CompositeTypeStmt' in node) return made('type', node.CompositeTypeStmt.typevar?.relname)
  if ('CreateFunctionStmt' in node)
    return made('function', lastName(node.CreateFunctionStmt.funcname))
  if ('CreateTrigStmt' in node) {
    return made(`trigger of ${node.CreateTrigStmt.relation?.relname}`, node.CreateTrigStmt.trigname)
  }
  if ('DropStmt' in node) return dropped(node)
  if ('AlterTableStmt' in node) {
    const table = node.AlterTableStmt.relation?.relname ?? ''
    return (node.AlterTableStmt.cmds ?? []).flatMap((cmd) =>
      'AlterTableCmd' in cmd ? altered(table, cmd.AlterTableCmd) : [],
    )
  }
  return []
}

const DROPPED_KINDS: Record<string, string> = {
  OBJECT_TABLE: 'table',
  OBJECT_INDEX: 'index',
  OBJECT_VIEW: 'view',
  OBJECT_MATVIEW: 'table',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_SCHEMA: 'schema',
  OBJECT_EXTENSION: 'extension',
  OBJECT_TYPE: 'type',
  OBJECT_DOMAIN: 'domain',
  OBJECT_FUNCTION: 'function',
}

function dropped({ DropStmt: drop }: Extract<Node, { DropStmt: unknown }>): Effect[] {
  return (drop.objects ?? []).flatMap((object): Effect[] => {
    const { schema, name } = readName(object)
    if (drop.removeType === 'OBJECT_TRIGGER')
      return [effect(`trigger of ${schema}`, name, 'removes')]
    const kind = DROPPED_KINDS[drop.removeType ?? '']
    return kind === undefined ? [] : [effect(kind, name, 'removes')]
  })
}

function altered(table: string, { subtype, name = '', def }: AlterTableCmd): Effect[] {
  switch (subtype) {
    case 'AT_AddColumn':
      return def && 'ColumnDef' in def ? made(`column of ${table}`, def.ColumnDef.colname) : []
    case 'AT_DropColumn':
      return [effect(`column of ${table}`, name, 'removes')]
    case 'AT_AddConstraint':
      return def && 'Constraint' in def ? constrained(table, def.Constraint) : []
    case 'AT_DropConstraint':
      return [effect(`constraint of ${table}`, name, 'removes')]
    case 'AT_SetNotNull':
      return [effect(`not null of ${table}`, name, 'makes')]
    case 'AT_DropNotNull':
      return [effect(`not null of ${table}`, name, 'removes')]
    default:
      return []
  }
}

/** USING INDEX takes an index over: it is the constraint's from then on, under its name. */
function constrained(table: string, { conname, indexname }: Constraint): Effect[] {
  const taken = indexname ? [effect('index', indexname, 'removes')] : []
  return [...made(`constraint of ${table}`, conname), ...taken]
}

function made(kind: string, name: string | undefined): Effect[] {
  return name ? [effect(kind, name, 'makes')] : []
}

function effect(kind: string, name: string, change: Effect['change']): Effect {
  return { key: `${kind} ${name}`, change }
}

function lastName(names: Node[] | undefined): string {
  return readName(names?.at(-1)).name
}
