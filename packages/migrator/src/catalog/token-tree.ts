/** A token, or what stands in parentheses or brackets. */
export type Item = string | Group
export type Group = { open: '(' | '['; items: Item[] }

/** Strings, quoted names, words, white space and single other characters: nothing is lost. */
export function tokenize(text: string): string[] {
  return text.match(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*|\s+|[^]/gu) ?? []
}

/** Undefined where parentheses and brackets do not close each other: then it is no expression. */
export function buildTree(tokens: string[]): Item[] | undefined {
  const root: Group = { open: '(', items: [] }
  const open: Group[] = [root]
  for (const token of tokens) {
    const innermost = open.at(-1)
    if (token === '(' || token === '[') {
      const group: Group = { open: token, items: [] }
      innermost?.items.push(group)
      open.push(group)
    } else if (token === ')' || token === ']') {
      if (open.length === 1 || innermost?.open !== OPENS[token]) return undefined
      open.pop()
    } else innermost?.items.push(token)
  }
  return open.length === 1 ? root.items : undefined
}

const OPENS = { ')': '(', ']': '[' } as const

export function printTree(items: Item[]): string {
  return items
    .map((item) => {
      if (typeof item === 'string') return item
      return item.open === '(' ? `(${printTree(item.items)})` : `[${printTree(item.items)}]`
    })
    .join('')
}

/** What is between the commas, without the space after them. */
export function split(items: Item[]): Item[][] {
  const parts: Item[][] = [[]]
  for (const item of items) {
    if (item === ',') parts.push([])
    else if (!isSpace(item) || parts.at(-1)?.length) parts.at(-1)?.push(item)
  }
  return parts
}

/** The opposite of {@link split}. */
export function join(parts: Item[][]): Item[] {
  return parts.flatMap((items, i) => (i > 0 ? [',', ' ', ...items] : items))
}

export function isSpace(item: Item | undefined): boolean {
  return typeof item === 'string' && item.trim() === ''
}
