import type { Node, SelectStmt } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { listAlterations, listDropped } from '../known/parts.ts'
import type { Name } from '../migration.ts'
import { toKey, toName } from '../phase/release.ts'
import { checksum } from '../sql/checksum.ts'
import { nodesIn } from '../sql/nodes.ts'
import { quoteName } from '../sql/quote-name.ts'
import { readOne } from './renamed-objects.ts'
import type { SafeForm } from './safe-form.ts'

/**
 * With CASCADE it takes what nobody has named; without, what depends on the view makes it fail. Undefined of what the
 * migrations have not made.
 */
export function dropViewSafely(node: Node, known: KnownObjects): SafeForm | undefined {
  for (const [kind, words] of VIEWS) {
    const [view, ...others] = listDropped(node, kind)
    if (view && others.length === 0 && known.view(view))
      return { statements: [`drop ${words} ${quoteName(view.name, view.schema)};`] }
  }
  return undefined
}

const VIEWS = [
  ['OBJECT_VIEW', 'view'],
  ['OBJECT_MATVIEW', 'materialized view'],
] as const

/** Statements in which a view is replaced where it would be dropped and made again: the rights on it stay. */
export async function replaceViews(
  statements: readonly string[],
  known: KnownObjects,
): Promise<readonly string[]> {
  const nodes = await Promise.all(statements.map(readOne))
  const result = statements.map((text) => [text])
  for (const [n, node] of nodes.entries()) {
    const before = nodes.slice(0, n).map((one, m) => (result[m]?.length === 0 ? undefined : one))
    const at = node && findReplaced(node, before, known)
    if (at === undefined) continue
    result[at] = []
    result[n] = [(statements[n] ?? '').replace(/^\s*create\s+view/i, 'create or replace view')]
  }
  return inOrder(nodes, result).flat()
}

/** What reads a view comes after it: MikroORM makes new views before those that have changed. */
function inOrder(nodes: readonly (Node | undefined)[], result: string[][]): string[][] {
  const places = new Map<string, number>()
  for (const [n, node] of nodes.entries()) {
    const view = node && readView(node)
    if (view) places.set(toKey(view.name), n)
  }
  for (const [n, node] of nodes.entries()) {
    const view = node && readView(node)
    const read = view ? nodesIn(view.query, 'RangeVar').map((one) => toKey(toName(one))) : []
    const after = Math.max(n, ...read.map((key) => places.get(key) ?? n))
    if (!view || after === n) continue
    result[after]?.push(...(result[n]?.splice(0) ?? []))
    places.set(toKey(view.name), after)
  }
  return result
}

function readView(
  node: Node,
): { readonly name: Name; readonly query: Node | undefined } | undefined {
  if ('ViewStmt' in node) return { name: toName(node.ViewStmt.view), query: node.ViewStmt.query }
  if (!('CreateTableAsStmt' in node)) return undefined
  return { name: toName(node.CreateTableAsStmt.into?.rel), query: node.CreateTableAsStmt.query }
}

/** Where a view is dropped that may as well be replaced by the one that is made. */
function findReplaced(
  node: Node,
  before: readonly (Node | undefined)[],
  known: KnownObjects,
): number | undefined {
  if (!('ViewStmt' in node)) return undefined
  const name = toName(node.ViewStmt.view)
  const at = before.findLastIndex(
    (one) => one && listDropped(one, 'OBJECT_VIEW').some((view) => toKey(view) === toKey(name)),
  )
  const { query, tables = [] } = known.view(name) ?? {}
  const isOfOne = (name: Name) => tables.includes(toKey(name))
  const isInTheWay = before
    .slice(at)
    .some(
      (one) =>
        one &&
        (listAlterations(one).some(({ table }) => isOfOne(table)) ||
          VIEWS.some(([kind]) => listDropped(one, kind).some(isOfOne))),
    )
  return at >= 0 && !isInTheWay && query && extendsQuery(node.ViewStmt.query, query)
    ? at
    : undefined
}

/** PostgreSQL replaces a view only by one that has the same columns, and may have more after them. */
function extendsQuery(node: Node | undefined, before: Node): boolean {
  const [next, old] = [node, before].map((one) =>
    one && 'SelectStmt' in one ? one.SelectStmt : {},
  )
  if (!next || !old || !isPlain(next) || !isPlain(old)) return false
  const [columns = [], kept = []] = [next.targetList, old.targetList]
  return (
    checksum(sourcesOf(next)) === checksum(sourcesOf(old)) &&
    kept.length <= columns.length &&
    kept.every((column, n) => checksum(column) === checksum(columns[n]))
  )
}

const sourcesOf = ({ fromClause, withClause }: SelectStmt) => ({ fromClause, withClause })

const isPlain = ({ op, targetList = [] }: SelectStmt) =>
  op === 'SETOP_NONE' && targetList.length > 0 && !JSON.stringify(targetList).includes('"A_Star"')
