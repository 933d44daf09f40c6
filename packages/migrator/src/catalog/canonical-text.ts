import { mayBeRestored, restored } from './restored.ts'
import { printTree, tokenize, buildTree } from './token-tree.ts'

const PLAIN_NAME = /^"[a-z_][a-z0-9_$]*"$/

/**
 * Text that PostgreSQL deparsed, made the same on every version, and before and after pg_dump:
 * - whether a name needs quotes depends on each version's list of keywords (`json_object` is one from
 *   16 on), so plain lower-case names lose theirs. `"char"` is a type apart from `char` and keeps them
 *   (so is `"bit"`, but PostgreSQL writes the other one with its length).
 * - what PostgreSQL makes of its own text when it reads it is done here, see {@link restored}.
 */
export function canonicalText(text: string): string {
  const isChanged = mayBeRestored(text)
  if (!isChanged && !text.includes('"')) return text
  const tokens = tokenize(text).map((token) =>
    PLAIN_NAME.test(token) && token !== '"char"' ? token.slice(1, -1) : token,
  )
  const tree = isChanged ? buildTree(tokens) : undefined
  return tree ? printTree(restored(tree)) : tokens.join('')
}
