import { join, rank, type Deed, type Deeds } from './deeds.ts'
import type { Relation } from './done.ts'
import type { Said } from './said.ts'

/** How what is said differs from what was done, a line each. */
export function compare(
  { deeds: said, isOpaque }: Said,
  done: Deeds,
  relations: readonly Relation[],
  mayDoLess = false,
): string[] {
  return relations.flatMap((relation) => {
    const [claim, deed] = [said.get(relation.name), done.get(relation.name)]
    const isUnsaid = !claim && (isOpaque || !counts(relation, deed, done))
    if (isUnsaid) return []
    const [says, does] = [show(claim, relation), show(deed, relation)]
    const isCovered = mayDoLess && show(join(claim, deed ?? {}), relation) === says
    return says === does || isCovered ? [] : [`${relation.name}: said ${says}, did ${does}`]
  })
}

/**
 * Whether a lock that nothing is said of matters: one that others meet who do not change the schema; on an index, one that
 * they do not meet on its table.
 */
function counts({ kind, table }: Relation, deed: Deed | undefined, done: Deeds): boolean {
  if (kind === 'S') return false
  const onTable = table === null ? undefined : done.get(table)
  const isStrong = rank(deed?.mode) >= rank('SHARE UPDATE EXCLUSIVE')
  return isStrong && (table === null || rank(deed?.mode) > rank(onTable?.mode))
}

/**
 * A partitioned table has no rows of its own, a build is in the lines of both an index and its table, and nobody is hindered
 * by what is read under a weak lock.
 */
function show(deed: Deed | undefined, { kind }: Relation): string {
  const hasRows = kind === 'r' || kind === 'm'
  const isStrong = rank(deed?.mode) >= rank('SHARE UPDATE EXCLUSIVE')
  const work = hasRows && isStrong ? deed?.work : undefined
  return [deed?.mode ?? 'nothing', ...(work ? [work] : [])].join(', ')
}
