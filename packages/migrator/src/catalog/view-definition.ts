import { canonicalText } from './canonical-text.ts'
import { tokenize } from './token-tree.ts'

/**
 * A view's query, made the same on every version: where it reads from one relation, PostgreSQL 15
 * prints its columns as `t.id` and later ones as `id` (only at the top: both qualify them in
 * sub-queries). The qualifier is taken off.
 */
export function canonicalQuery(text: string): string {
  const tokens = tokenize(canonicalText(text))
  const depths = queryDepths(tokens)
  const source = onlySource(tokens, depths)
  if (!source) return tokens.join('')
  const isQualifier = (i: number): boolean =>
    tokens[i] === source.alias &&
    depths[i] === 0 &&
    (i < source.from || i > source.to) &&
    isColumn(tokens, i)
  return tokens.filter((_, i) => !isQualifier(i) && !isQualifier(i - 1)).join('')
}

/**
 * Whether the name at `i` qualifies a column. A schema may have the alias's name, and qualifies
 * functions (`app.lower(`), operators (`OPERATOR(app.=)`), types and collations.
 */
function isColumn(tokens: string[], i: number): boolean {
  const [dot, column = '', after = ''] = tokens.slice(i + 1, i + 4)
  if (dot !== '.' || !/^["\p{L}_]/u.test(column) || '(.'.includes(after || ' ')) return false
  const before = tokens[i - 1] ?? ''
  return (
    !/^[.:]$/.test(before) && !(before.trim() === '' && NAMES_NO_COLUMN.has(tokens[i - 2] ?? ''))
  )
}

/** What a type or a collation follows. */
const NAMES_NO_COLUMN = new Set(['COLLATE', 'RETURNING', 'AS'])

/** For each token how many sub-queries it is in. */
function queryDepths(tokens: string[]): number[] {
  const open: boolean[] = []
  return tokens.map((token, i) => {
    if (token === '(') open.push(/^(?:SELECT|WITH|VALUES)$/.test(nextWord(tokens, i + 1)))
    if (token === ')') open.pop()
    return open.filter(Boolean).length
  })
}

function nextWord(tokens: string[], i: number): string {
  const token = tokens[i] ?? ''
  return token.trim() === '' && i < tokens.length ? nextWord(tokens, i + 1) : token
}

/**
 * Where the query's only FROM item is and what it is called; nothing where there are more, or none.
 */
function onlySource(
  tokens: string[],
  depths: number[],
): { alias: string; from: number; to: number } | undefined {
  const levels = parenthesisLevels(tokens)
  const isTop = (i: number): boolean => levels[i] === 0
  const from = tokens.findIndex((token, i) => token === 'FROM' && isTop(i))
  if (from < 0 || tokens.some((token, i) => isTop(i) && SET_OPERATION.test(token))) return undefined
  const after = tokens.findIndex((token, i) => i > from && isTop(i) && END_OF_FROM.test(token))
  const to = after < 0 ? tokens.length : after
  const isMany = tokens.some(
    (token, i) =>
      i > from && i < to && ((token === ',' && isTop(i)) || (token === 'JOIN' && depths[i] === 0)),
  )
  const sample = tokens.findIndex((token, i) => i > from && i < to && token === 'TABLESAMPLE')
  const names = tokens.slice(from + 1, sample < 0 ? to : sample)
  const alias = names.findLast((name, i) => isTop(from + 1 + i) && /^["\p{L}_]/u.test(name))
  return isMany || alias === undefined ? undefined : { alias, from, to }
}

const SET_OPERATION = /^(?:UNION|INTERSECT|EXCEPT)$/
const END_OF_FROM = /^(?:WHERE|GROUP|HAVING|WINDOW|ORDER|LIMIT|OFFSET|FETCH|FOR|;)$/

function parenthesisLevels(tokens: string[]): number[] {
  let level = 0
  return tokens.map((token) => {
    if (token === ')') level -= 1
    const at = level
    if (token === '(') level += 1
    return at
  })
}
