import type { Node } from '@pgsql/types'
import { extensionOf } from '../errors/extension-types.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { readName } from '../sql/names.ts'
import { nodesIn } from '../sql/nodes.ts'

/** A statement that says of which extension its types are, where no migration has made that, and none before it has `said` so. */
export function nameExtensions(
  sql: string,
  nodes: readonly Node[],
  known: Pick<KnownObjects, 'names' | 'isEnum' | 'domains'>,
  said: Set<string>,
): string {
  const notes: string[] = []
  for (const typeName of nodesIn(nodes, 'typeName')) {
    const name = readName({ TypeName: typeName })
    const extension = extensionOf(name.name)
    const isOwn = known.isEnum(name) || known.domains.has(name)
    if (
      extension === undefined ||
      isOwn ||
      said.has(extension) ||
      known.names.hadExtension(extension)
    )
      continue
    said.add(extension)
    notes.push(
      `${name.name} comes with the extension ${extension}, which no migration here makes: it has to be there before`,
    )
  }
  return notes.length === 0 ? sql : `${sql} -- ${notes.join('; ')}.`
}
