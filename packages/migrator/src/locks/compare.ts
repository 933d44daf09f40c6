import { join, rank, type Deed, type Deeds } from './deeds.ts'
import type { Relation } from './done.ts'

/** What the engine says of a text: of each relation its lock and the work under it. */
export interface Said {
  readonly deeds: Deeds
  /** True where it says that the text does not tell all. */
  readonly isOpaque: boolean
}

/** A relation of which something else was said than was done. */
export interface Mismatch {
  readonly relation: Relation
  readonly said: string
  readonly did: string
  readonly claim: Deed | undefined
  readonly deed: Deed | undefined
}

/** How what is said differs from what was done. `mayDoLess`: only where more was done. */
export function compare(
  { deeds: said, isOpaque }: Said,
  done: Deeds,
  relations: readonly Relation[],
  mayDoLess = false,
): Mismatch[] {
  return relations.flatMap((relation) => {
    const [claim, deed] = [said.get(relation.name), done.get(relation.name)]
    const isUnsaid = !claim && (isOpaque || !counts(relation, deed, done))
    if (isUnsaid) return []
    const [says, does] = [show(claim, relation), show(deed, relation)]
    const isCovered = mayDoLess && show(join(claim, deed ?? {}), relation) === says
    return says === does || isCovered ? [] : [{ relation, said: says, did: does, claim, deed }]
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
