import { MASKED_VALUE, speaksOfSecret } from './secret-names.ts'
import { tokenize, type Token } from './sql-tokens.ts'

const MASKED = `'${MASKED_VALUE}'`

/**
 * Masks the secrets in statements. A literal that follows its name is read with certainty, and masked alone. Where a
 * statement speaks of a secret in any other way, or fills columns that it does not name, all of its literals are masked,
 * those of a body in it included.
 */
export function maskStatements(text: string): string {
  if (!speaksOfSecret(joined(text)) && !FILLS_UNNAMED.test(text)) return text
  return splitStatements(tokenize(text))
    .map((statement) => maskStatement(statement, fillsUnnamed(statement)))
    .join('')
}

/** An INSERT that names no columns: one of them may be called like a secret. */
const FILLS_UNNAMED = /\binsert\b[^();']*\b(?:values|select)\b/i

function fillsUnnamed(tokens: readonly Token[]): boolean {
  return FILLS_UNNAMED.test(tokens.map(({ text }) => text).join(''))
}

/** `'pass' || 'word'` says password. */
function joined(text: string): string {
  return text.replaceAll(/'\s*\|\|\s*'/g, '')
}

function splitStatements(tokens: readonly Token[]): Token[][] {
  const statements: Token[][] = [[]]
  for (const token of tokens) {
    statements.at(-1)?.push(token)
    if (token.text === ';') statements.push([])
  }
  return statements
}

function maskStatement(tokens: readonly Token[], isForced: boolean): string {
  const masked = new Map<number, string>()
  let isUncertain = isForced || isBuilt(tokens)
  const solid = [...tokens.keys()].filter((at) => isSolid(tokens[at]))
  for (const [i, at] of solid.entries()) {
    const token = tokens[at]
    if (!token || masked.has(at) || !speaks(token, tokens[solid[i + 1] ?? -1])) continue
    if (isQuotedText(token)) {
      masked.set(at, `"${maskStatements(token.text.slice(1, -1))}"`)
      continue
    }
    const values = isNamed(token) ? valuesAfter(tokens, solid, i) : undefined
    for (const value of values ?? [])
      masked.set(value, tokens[value]?.kind === 'name' ? '"***"' : MASKED)
    isUncertain ||= values === undefined
  }
  return tokens.map((token, at) => masked.get(at) ?? maskToken(token, isUncertain)).join('')
}

const isSolid = (token: Token | undefined) =>
  token !== undefined && token.kind !== 'space' && token.kind !== 'comment'

/** No name, but a text within quotes. */
const isQuotedText = ({ kind, text }: Token) => kind === 'name' && text.includes("'")

const isNamed = ({ kind }: Token) => kind === 'word' || kind === 'name'

function isBuilt(tokens: readonly Token[]): boolean {
  const text = tokens.map((token) => token.text).join('')
  return speaksOfSecret(joined(text)) && !speaksOfSecret(text)
}

function speaks({ kind, text }: Token, next: Token | undefined): boolean {
  if (kind === 'other') return false
  const mark = next?.kind === 'string' ? "'" : next?.text === '(' ? '(' : ''
  return speaksOfSecret(kind === 'word' ? `${text}${mark}` : text)
}

const LINKS: ReadonlySet<string> = new Set(['=>', ':=', '=', ',', ':', 'to'])

/** The tokens with the value of the name at `i`; undefined where that cannot be told. Nothing is none. */
function valuesAfter(
  tokens: readonly Token[],
  solid: readonly number[],
  i: number,
): readonly number[] | undefined {
  const textAt = (n: number) => tokens[solid[n] ?? -1]?.text.toLowerCase() ?? ''
  const kindAt = (n: number) => tokens[solid[n] ?? -1]?.kind
  let next = LINKS.has(textAt(i + 1)) ? i + 2 : i + 1
  if (textAt(next) === 'null' || textAt(next) === MASKED_VALUE) return []
  if (kindAt(next) === 'name' && textAt(i + 1) !== ',') return [solid[next] ?? -1]
  const values: number[] = []
  // What continues a string is on another line, and belongs to it.
  for (; kindAt(next) === 'string'; next++) values.push(solid[next] ?? -1)
  return values.length === 0 || textAt(next) === '||' ? undefined : values
}

function maskToken({ kind, text }: Token, isUncertain: boolean): string {
  if (kind === 'comment' && speaksOfSecret(text)) return maskComment(text)
  if (kind !== 'string' || !isUncertain || /^\w{0,1}&?''$/.test(text)) return text
  const body = /^(\$\w*\$)([\s\S]*?)(\1)?$/.exec(text)
  if (!body || !/\b(?:begin|select|insert|update|delete|return)\b/i.test(body[2] ?? ''))
    return MASKED
  const [, tag = '', content = '', end = ''] = body
  return `${tag}${maskStatement(tokenize(content), true)}${end}`
}

function maskComment(text: string): string {
  return text.startsWith('--') ? `-- ${MASKED_VALUE}` : `/* ${MASKED_VALUE} */`
}
