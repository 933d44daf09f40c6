import type { Constraint, Node } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import type { KnownTable } from '../known/known-table.ts'
import { findConstraint } from '../sql/alter-table-work.ts'
import { LOCK_MODES, type LockMode, type Name, type TableLock } from '../migration.ts'
import { shown, toKey, toName } from '../phase/release.ts'
import { listAlterations, listCommands } from '../known/parts.ts'
import type { Context, LintedStatement } from './rule.ts'
import { isInPlace, listTypeChanges } from '../known/type-changes.ts'

/** Modes that keep others from writing, and the last from reading. */
const STRONG: readonly LockMode[] = [
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
]

/** The locks of a statement that stop others, on tables that were there before the script. */
export function listStrongLocks(
  { node, locks }: LintedStatement,
  { news }: Pick<Context, 'news'>,
  modes = STRONG,
): TableLock[] {
  // A view is locked so that nobody reads it, and so are its tables by whoever changes those.
  if ('ViewStmt' in node || ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_VIEW'))
    return []
  return locks.filter(
    (one) => one.through === undefined && modes.includes(one.mode) && !news.has(nameOf(one)),
  )
}

/** The tables that others cannot read, or those of other modes, while the transaction of a statement lasts, by what has run in it before. */
export function listHeldTables(
  statement: LintedStatement,
  context: Pick<Context, 'news'>,
  modes: readonly LockMode[] = ['ACCESS EXCLUSIVE'],
): Name[] {
  const held = statement.before.flatMap((one) => listStrongLocks(one, context, modes))
  const names = new Map(held.map((lock) => [toKey(nameOf(lock)), nameOf(lock)]))
  return [...names.values()]
}

/** The tables that a statement goes through, under a lock of these modes: all of their rows, or an index of them. */
export function listWork(
  { node, locks }: LintedStatement,
  { known, news }: Pick<Context, 'known' | 'news'>,
  modes: readonly LockMode[] = LOCK_MODES,
): Name[] {
  const alterations = listAlterations(node)
  const inPlace = listTypeChanges(node, known).filter(
    (change) => isInPlace(change) && [...change.rebuilt, ...change.rechecked].length === 0,
  ).length
  const proved = listCommands(node, 'SetNotNull').filter(({ table, name }) =>
    known.isRequired(table, name, node),
  )
  const takenOver = listCommands(node, 'AddConstraint').filter(({ table, command: { def } }) => {
    const constraint = findConstraint(def)
    return constraint?.contype === 'CONSTR_PRIMARY' && !buildsKey(constraint, known.table(table))
  })
  const free = inPlace + proved.length + takenOver.length
  if (alterations.length > 0 && alterations.length === free) return []
  return locks
    .filter(({ work, through, mode }) => work && through === undefined && modes.includes(mode))
    .map(nameOf)
    .filter((table) => !news.has(table))
}

/** A primary key without an index, or of one that nothing here has made: it is not known which columns are NOT NULL. */
export function buildsKey({ indexname }: Constraint, table: KnownTable | undefined): boolean {
  if (indexname === undefined) return true
  const columns = table?.indexes.get(indexname)?.columns ?? []
  return columns.length === 0 || columns.some((column) => !table?.required.has(column))
}

/** ALTER TABLE ONLY of a partitioned table, of which nothing is built: its partitions follow by themselves. */
export function isOfTableAlone(node: Node, known: KnownObjects): boolean {
  const { relation } = 'AlterTableStmt' in node ? node.AlterTableStmt : {}
  return !relation?.inh && known.table(toName(relation))?.isPartitioned === true
}

/** How many names a sentence bears. */
const MOST_NAMES = 3

/** `a, b, c and 4 more` */
export function showTables(tables: readonly Name[]): string {
  const names = tables.slice(0, MOST_NAMES).map(shown).join(', ')
  const more = tables.length - MOST_NAMES
  return more > 0 ? `${names} and ${more} more` : names
}

export function nameOf({ schema, table }: TableLock): Name {
  return { ...(schema !== undefined && { schema }), name: table }
}
