/** The names under which roles, user mappings, subscriptions and extensions keep secrets. */
const NAME = String.raw`\w*(?:password|passwd|passphrase|secret|token|api_?key|access_?key|private_?key)\w*`

/** A string of SQL, in each of its forms, also one that is cut off; the second group is a tag between dollars. */
const STRING = String.raw`(?:''[^'\n]+''|[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|(?:[uU]&)?'(?:[^']|'')*(?:'|$)|\$(\w*)\$[\s\S]*?(?:\$\2\$|$))`

const AFTER_NAME = new RegExp(
  String.raw`\b(${NAME}["']?\s*(?:=>|:=|=|,)?\s*(?:to\s+)?)${STRING}`,
  'gi',
)

/** Within a connection string: bare, or in quotes, which are doubled or escaped where it is in a string of SQL. */
const IN_CONNECTION_STRING =
  /\b(\w*(?:password|passfile)\s*=\s*)(''[^'\n]*''|\\'[^'\n]*\\'|[^\s'"\\&;$>][^\s'"\\&;]*)/gi

/** As far as the last @ before white space: an unencoded one is part of the password. An example of ours is none. */
const IN_URL = /(\b[a-z][a-z\d+.-]*:\/\/[^\s:@/'"]*):(?!password@host)[^\s'"]*@/gi

/**
 * A text with its secrets starred out, for messages and logs: what looks like a password in SQL, in a connection
 * string or in a URL. It is for display alone, so that it may well take too much for one.
 */
export function maskSecrets(text: string): string {
  return text
    .replaceAll(IN_CONNECTION_STRING, '$1***')
    .replaceAll(AFTER_NAME, `$1'***'`)
    .replaceAll(IN_URL, '$1:***@')
}

/** The same for every text in data. */
export function maskAll<T>(value: T): T {
  if (typeof value === 'string') return maskSecrets(value) as T
  if (Array.isArray(value)) return value.map((one: unknown) => maskAll(one)) as T
  if (typeof value !== 'object' || value === null || value.constructor !== Object) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, maskAll(one)])) as T
}
