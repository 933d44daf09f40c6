import type { Box } from './box.ts'
import type { Reference } from './model.ts'

/** Boxes that foreign keys join, and those foreign keys. */
export interface Component {
  readonly boxes: readonly Box[]
  readonly references: readonly Reference[]
}

/** Takes a schema apart into what hangs together, the largest first; a table without a foreign key is one of its own. */
export function splitComponents(
  boxes: readonly Box[],
  references: readonly Reference[],
): readonly Component[] {
  const joined = joinAll(references)
  const groups = Map.groupBy(boxes, ({ identity }) => joined.get(identity) ?? identity)
  const components = [...groups].map(([root, found]) => ({
    boxes: found,
    references: references.filter(({ from }) => (joined.get(from) ?? from) === root),
  }))
  return components.sort((a, b) => b.boxes.length - a.boxes.length)
}

/** Each table that has a foreign key or is referred to, with one that stands for all that it is joined to. */
function joinAll(references: readonly Reference[]): ReadonlyMap<string, string> {
  const parents = new Map<string, string>()
  const rootOf = (identity: string): string => {
    const parent = parents.get(identity) ?? identity
    return parent === identity ? identity : rootOf(parent)
  }
  for (const { from, to } of references) parents.set(rootOf(from), rootOf(to))
  const all = references.flatMap(({ from, to }) => [from, to])
  return new Map(all.map((identity) => [identity, rootOf(identity)]))
}
