import { maskStatements } from './mask-statements.ts'
import { MASKED_VALUE, SECRET_NAME } from './secret-names.ts'
import { tokenize } from './sql-tokens.ts'

/**
 * Within a connection string: bare, or in quotes, which are doubled or escaped where it is in a string of SQL. What
 * does not end there is not read here.
 */
const IN_CONNECTION_STRING = new RegExp(
  String.raw`((?:${SECRET_NAME}|passfile)\s*=\s*)(?:(?:''[^'\n\\]*''|\\'[^'\n\\]*\\')(?=[\s"&;]|'(?!')|$)|(?!null\b)[^\s'"\\&;$>][^\s'"\\&;]*(?=[\s'"&;]|$))`,
  'gi',
)

/** As far as the last @ before white space: an unencoded one is part of the password. An example of ours is none. */
const IN_URL = /(\b[a-z][a-z\d+.-]{0,30}:\/\/[^\s:/'"]*):(?!password@host)[^\s'"]*@/gi

/** What PostgreSQL says of a key, and where it stopped in a statement. */
const KEY_OF_SECRET = String.raw`(\bkey (?:of the failing row contains )?\([^)]*${SECRET_NAME}[^)]*\) ?= ?)`
const IN_KEY = new RegExp(String.raw`${KEY_OF_SECRET}\(.*\)`, 'gi')
const AT_LITERAL = /(\bat or near ")[a-z&]{0,2}['$].*"/gi

/** A statement within what PostgreSQL says, whose own quotes are not doubled. */
const IN_CONTEXT = /(\bSQL (?:statement|expression) )"([\s\S]*?)"(?=\n|$)/g

/**
 * A text with its secrets starred out, for messages and logs: what looks like a password in SQL, in a connection
 * string or in a URL. It is for display alone, so that it may well take too much for one.
 */
export function maskSecrets(text: string): string {
  return maskStatements(
    maskAddresses(text)
      .replaceAll(IN_KEY, `$1(${MASKED_VALUE})`)
      .replaceAll(AT_LITERAL, `$1'${MASKED_VALUE}'"`)
      .replaceAll(
        IN_CONTEXT,
        (_, label: string, sql: string) => `${label}"${maskStatements(sql)}"`,
      ),
  )
}

/** The same of URLs and connection strings alone: a sentence of ours is no SQL, whatever it quotes. */
export function maskAddresses(text: string): string {
  return text.replaceAll(IN_URL, '$1:***@').replaceAll(IN_CONNECTION_STRING, `$1${MASKED_VALUE}`)
}

/** What PostgreSQL says of a row that it refuses, and of a line that COPY reads: values without the names of their columns. */
const IN_ROW: readonly (readonly [RegExp, string])[] = [
  [/^(Failing row contains )\([\s\S]*\)/, `$1(${MASKED_VALUE})`],
  [new RegExp(String.raw`${KEY_OF_SECRET}\([\s\S]*\)`, 'i'), `$1(${MASKED_VALUE})`],
  [/(\bCOPY .*, line \d+(?:, column [^\n]*?)?: )"[\s\S]*"/g, `$1"${MASKED_VALUE}"`],
]

/** A field of PostgreSQL's with the values of a row starred out. */
export function maskRow(text: string): string {
  return IN_ROW.reduce((masked, [form, stars]) => masked.replace(form, stars), text)
}

/** A message with the value starred out that PostgreSQL could not read: `invalid input syntax for type integer: "x"`. */
export function maskValue(message: string): string {
  return message
    .replace(/: "[\s\S]*"$/, `: "${MASKED_VALUE}"`)
    .replace(/\bvalue "[\s\S]*" is\b/, `value "${MASKED_VALUE}" is`)
}

/** A statement of another session with all of its literals starred out, and its comments: they are data of others. */
export function maskLiterals(sql: string): string {
  return tokenize(sql)
    .map(({ kind, text }) => {
      if (kind === 'string') return `'${MASKED_VALUE}'`
      return kind === 'comment' ? `/* ${MASKED_VALUE} */` : text
    })
    .join('')
    .replaceAll(/(?<![\w$"*])\d[\w.]*/g, MASKED_VALUE)
}

/** `maskSecrets` of every text in data. */
export function maskAll<T>(value: T): T {
  if (typeof value === 'string') return maskSecrets(value) as T
  if (Array.isArray(value)) return value.map((one: unknown) => maskAll(one)) as T
  if (typeof value !== 'object' || value === null || value.constructor !== Object) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, maskAll(one)])) as T
}
