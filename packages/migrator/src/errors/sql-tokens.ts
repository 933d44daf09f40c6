/** A piece of a text that is SQL, or has some in it. */
export interface Token {
  readonly kind: 'space' | 'comment' | 'string' | 'name' | 'word' | 'other'
  readonly text: string
}

const FORMS = [
  ['space', /\s+/y],
  ['comment', /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y],
  ['string', /e'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|(?:u&|[nbx])?'(?:[^']|'')*(?:'|$)/iy],
  ['string', /\$(|[a-z_\u0080-\uffff]\w*)\$[\s\S]*?(?:\$\1\$|$)/iy],
  ['name', /"(?:[^"]|"")*"/y],
  ['word', /[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/iy],
  ['other', /=>|:=|\|\||\*+|[\s\S]/y],
] as const

/** An apostrophe of English: `isn't`, `the role's`, `the roles' names`. */
const APOSTROPHE = /'(?:(?:s|t|re|ve|ll|d|m)\b(?!')|(?=[\s.,)]))/y

/**
 * Cuts a text into tokens, as PostgreSQL's scanner does; a string that does not end goes to the end of the text.
 * It takes any text: what is no SQL comes out as words.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length;) {
    const token = tokenAt(text, at, tokens.at(-1)?.kind === 'word')
    tokens.push(token)
    at += token.text.length
  }
  return tokens
}

function tokenAt(text: string, at: number, isAfterWord: boolean): Token {
  const apostrophe = isAfterWord ? matchAt(APOSTROPHE, text, at) : undefined
  if (apostrophe !== undefined) return { kind: 'other', text: apostrophe }
  for (const [kind, form] of FORMS) {
    const found = matchAt(form, text, at)
    if (found !== undefined) return { kind, text: found }
  }
  return { kind: 'other', text: text.charAt(at) }
}

function matchAt(form: RegExp, text: string, at: number): string | undefined {
  form.lastIndex = at
  return form.exec(text)?.[0]
}
