import { html, type Html } from './html.ts'

/** Comments, strings and names are one token each, so that no word in them is taken for a keyword. */
const TOKENS =
  /(?<comment>--[^\n]*|\/\*[^]*?\*\/)|(?<string>'(?:[^']|'')*'|\$(\w*)\$[^]*?\$\3\$)|(?<name>"(?:[^"]|"")*")|(?<word>[a-z_]\w*)/gi

const KEYWORDS = new Set(
  `add after all alter always and any as asc before begin between by cascade case check column comment concurrently constraint
  create cross database default deferrable deferred delete desc distinct do domain drop each else end enum exclude execute exists
  extension for foreign from function generated grant group having identity if in index inherit initially inner insert into is
  join key language left like limit materialized no not null of offset on only or order owner partition policy primary procedure
  references rename replace restrict returning returns revoke row schema select sequence set table then to trigger truncate type
  union unique update using valid validate value values view when where with`.split(/\s+/),
)

/** A statement with its keywords, strings and comments told apart. */
export function renderSql(sql: string): Html {
  const parts: (Html | string)[] = []
  let end = 0
  for (const match of sql.matchAll(TOKENS)) {
    parts.push(sql.slice(end, match.index), renderToken(match[0], match.groups ?? {}))
    end = match.index + match[0].length
  }
  return html`${[...parts, sql.slice(end)]}`
}

function renderToken(
  text: string,
  { comment, string, word }: Readonly<Record<string, string | undefined>>,
): Html | string {
  if (comment !== undefined) return html`<i>${text}</i>`
  if (string !== undefined) return html`<em>${text}</em>`
  return word !== undefined && KEYWORDS.has(word.toLowerCase()) ? html`<b>${text}</b>` : text
}
