import type { CommentStmt, DropStmt, Node } from '@pgsql/types'
import type { TableLock } from '../migration.ts'
import { lockNamed } from './lock-parts.ts'

/** Objects that belong to a relation: their name is the last part, after the table's. */
const PARTS_OF_TABLES = new Set([
  'OBJECT_COLUMN',
  'OBJECT_TABCONSTRAINT',
  'OBJECT_TRIGGER',
  'OBJECT_POLICY',
  'OBJECT_RULE',
])

const RELATIONS = new Set([
  'OBJECT_TABLE',
  'OBJECT_FOREIGN_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_SEQUENCE',
  'OBJECT_INDEX',
])

/** What depends on a relation is dropped with it, and locked in the same mode. */
export function dropLocks({
  removeType = 'OBJECT_TABLE',
  objects = [],
  behavior,
  concurrent,
}: DropStmt): TableLock[] {
  const mode = concurrent ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE'
  return objects.flatMap((object) => {
    const parts = listParts(object)
    if (PARTS_OF_TABLES.has(removeType)) {
      const table = parts.slice(0, -1)
      const reaches = removeType === 'OBJECT_TRIGGER'
      return [
        ...lockNamed(table, mode),
        ...(reaches ? lockNamed(table, mode, { through: 'partitions' }) : []),
      ]
    }
    if (removeType === 'OBJECT_SCHEMA' && behavior === 'DROP_CASCADE') {
      return lockNamed(parts, mode, { through: 'schema' })
    }
    if (removeType === 'OBJECT_STATISTIC_EXT')
      return lockNamed(parts, 'SHARE UPDATE EXCLUSIVE', { through: 'statistics' })
    if (!RELATIONS.has(removeType)) return []
    const isCascade = behavior === 'DROP_CASCADE'
    const views = isCascade ? lockNamed(parts, mode, { through: 'views' }) : []
    const itself = [...lockNamed(parts, mode), ...views]
    if (removeType === 'OBJECT_INDEX')
      return [...lockNamed(parts, mode, { through: 'index' }), ...itself]
    if (removeType !== 'OBJECT_TABLE') return itself
    return [
      ...itself,
      ...lockNamed(parts, mode, { through: 'descendants' }),
      ...lockNamed(parts, mode, { through: 'parent' }),
      ...lockNamed(parts, mode, { through: 'references' }),
      ...(isCascade ? lockNamed(parts, mode, { through: 'referenced-by' }) : []),
    ]
  })
}

/** COMMENT and SECURITY LABEL keep others from changing what they describe. */
export function commentLocks({ objtype = 'OBJECT_TABLE', object }: CommentStmt): TableLock[] {
  const parts = object ? listParts(object) : []
  if (RELATIONS.has(objtype)) return lockNamed(parts, 'SHARE UPDATE EXCLUSIVE')
  if (!PARTS_OF_TABLES.has(objtype)) return []
  const mode = objtype === 'OBJECT_COLUMN' ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS SHARE'
  return lockNamed(parts.slice(0, -1), mode)
}

function listParts(object: Node): readonly Node[] {
  return 'List' in object ? (object.List.items ?? []) : [object]
}
