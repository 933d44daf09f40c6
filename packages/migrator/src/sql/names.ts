import type { Node } from '@pgsql/types'

/** The last two parts of a possibly qualified name, as the parser gives it: a list of strings, or one. */
export function nameOf(node: Node | undefined): { schema: string | undefined; name: string } {
  const parts = partsOf(node)
  return { schema: parts.at(-2), name: parts.at(-1) ?? '' }
}

function partsOf(node: Node | undefined): string[] {
  if (node === undefined) return []
  if ('String' in node) return [node.String.sval ?? '']
  if ('List' in node) return (node.List.items ?? []).flatMap(partsOf)
  if ('TypeName' in node) return (node.TypeName.names ?? []).flatMap(partsOf)
  if ('ObjectWithArgs' in node) return (node.ObjectWithArgs.objname ?? []).flatMap(partsOf)
  return []
}
