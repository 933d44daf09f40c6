import type { Constraint, Node, RangeVar } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { listAlterations, listCommands, listConstraints, listDropped } from '../known/parts.ts'
import type { Name } from '../migration.ts'
import { columnsIn, toKey, toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'

/** What a statement is about: whole tables, and parts of tables (columns, constraints, indexes) by name. */
export interface Subject {
  readonly tables: ReadonlySet<string>
  readonly parts: ReadonlySet<string>
  /** What it only refers to, and leaves as it is. */
  readonly referred: ReadonlySet<string>
}

/** Undefined of a kind of statement that is not read here. */
export function findSubject(node: Node, known: KnownObjects): Subject | undefined {
  if ('CreateStmt' in node) return whole([toName(node.CreateStmt.relation)], node)
  const tables = listDropped(node, 'OBJECT_TABLE')
  if (tables.length > 0) return whole(tables, node)
  const [index] = listDropped(node, 'OBJECT_INDEX')
  if (index) {
    const owner = known.ownerOf(index)
    const { columns = [] } = (owner && known.table(owner)?.indexes.get(index.name)) ?? {}
    return part(owner, [index.name, ...columns], node)
  }
  if ('IndexStmt' in node) {
    const { relation, idxname = '', ...rest } = node.IndexStmt
    return part(toName(relation), [idxname, ...indexedIn(node), ...columnsIn(rest)], node)
  }
  if ('CommentStmt' in node) return commented(node.CommentStmt.object)
  if ('RenameStmt' in node) return renamed(node.RenameStmt)
  if (!('AlterTableStmt' in node) || node.AlterTableStmt.objtype !== 'OBJECT_TABLE')
    return undefined
  const names = listAlterations(node).flatMap(({ name, command: { def } }) => [
    name,
    ...(def && 'ColumnDef' in def ? [def.ColumnDef.colname ?? ''] : []),
    ...(def && 'Constraint' in def ? [def.Constraint.conname ?? ''] : []),
  ])
  const constrained = listConstraints(node).flatMap(({ columns }) => columns)
  const table = toName(node.AlterTableStmt.relation)
  const dropped = listCommands(node, 'DropConstraint').flatMap(
    ({ name }) => known.table(table)?.constraints.get(name) ?? [],
  )
  const gone = dropped.flatMap(({ columns }) => columns)
  const subject = part(table, [...names, ...constrained, ...gone, ...columnsIn(node)], node)
  const referred = dropped.flatMap(({ definition }) => referredBy(definition))
  return subject && { ...subject, referred: new Set([...subject.referred, ...referred]) }
}

const partKey = (table: Name, name: string) => `${toKey(table)}.${name}`

function whole(tables: readonly Name[], node: Node): Subject {
  return { tables: new Set(tables.map(toKey)), parts: new Set(), referred: referredIn(node) }
}

function part(table: Name | undefined, names: readonly string[], node: Node): Subject | undefined {
  if (!table) return undefined
  const parts = names.filter((name) => name !== '').map((name) => partKey(table, name))
  return { tables: new Set(), parts: new Set(parts), referred: referredIn(node) }
}

/** The tables, and their columns, to which foreign keys refer. */
function referredIn(node: Node): Set<string> {
  return new Set(listConstraints(node).flatMap(({ constraint }) => referredBy(constraint)))
}

function referredBy({ pktable, pk_attrs = [] }: Constraint): string[] {
  if (!pktable) return []
  const table = toName(pktable)
  return [toKey(table), ...pk_attrs.map((one) => partKey(table, readName(one).name))]
}

const indexedIn = ({ IndexStmt: { indexParams = [] } }: Extract<Node, { IndexStmt: unknown }>) =>
  indexParams.flatMap((one) => ('IndexElem' in one ? [one.IndexElem.name ?? ''] : []))

/** COMMENT ON COLUMN; a comment on a table is about the table, which stays. */
function commented(object: Node | undefined): Subject | undefined {
  if (!object || !('List' in object)) return undefined
  const names = (object.List.items ?? []).map((one) => readName(one).name)
  const [column = '', table = '', schema] = names.toReversed()
  if (table === '')
    return { tables: new Set(), parts: new Set(), referred: new Set([toKey({ name: column })]) }
  const owner = { name: table, ...(schema !== undefined && { schema }) }
  return { tables: new Set(), parts: new Set([partKey(owner, column)]), referred: new Set() }
}

function renamed({
  renameType,
  relation,
  subname = '',
  newname = '',
}: {
  renameType?: string
  relation?: RangeVar
  subname?: string
  newname?: string
}): Subject | undefined {
  const table = toName(relation)
  const referred = new Set<string>()
  if (renameType === 'OBJECT_COLUMN' || renameType === 'OBJECT_TABCONSTRAINT') {
    const parts = [subname, newname].map((name) => partKey(table, name))
    return { tables: new Set(), parts: new Set(parts), referred }
  }
  if (renameType !== 'OBJECT_TABLE') return undefined
  const tables = [table, { ...table, name: newname }].map(toKey)
  return { tables: new Set(tables), parts: new Set(), referred }
}

/** Whether a statement is about something that others are about, too, or refers to it. */
export function meets(one: Subject, others: Subject): boolean {
  const own = [...one.tables, ...one.parts]
  return (
    [...own, ...one.referred].some(
      (key) =>
        others.tables.has(key) ||
        others.parts.has(key) ||
        [...others.tables].some((table) => key.startsWith(`${table}.`)),
    ) ||
    [...one.tables].some((table) => [...others.parts].some((key) => key.startsWith(`${table}.`)))
  )
}
