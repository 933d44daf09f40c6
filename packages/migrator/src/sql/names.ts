import type { Node } from '@pgsql/types'
import type { Name } from '../migration.ts'

/** The last two parts of a possibly qualified name, as the parser gives it: a list of strings, or one. */
export function readName(node: Node | undefined): Name {
  const parts = listParts(node)
  const schema = parts.at(-2)
  return { ...(schema !== undefined && { schema }), name: parts.at(-1) ?? '' }
}

function listParts(node: Node | undefined): string[] {
  if (node === undefined) return []
  if ('String' in node) return [node.String.sval ?? '']
  if ('List' in node) return (node.List.items ?? []).flatMap(listParts)
  if ('TypeName' in node) return (node.TypeName.names ?? []).flatMap(listParts)
  if ('ObjectWithArgs' in node) return (node.ObjectWithArgs.objname ?? []).flatMap(listParts)
  return []
}
