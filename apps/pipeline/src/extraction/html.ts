/**
 * Where the pieces of text of an HTML fragment begin and end: what stands between two tags that begin a
 * line of their own. Tags inside a line stay in it. Comments, scripts and styles are no text.
 */
export function splitHtml(html: string): [from: number, to: number][] {
  const pieces: [number, number][] = []
  let from = 0
  const cut = (to: number, next: number) => {
    if (html.slice(from, to).trim() !== '') pieces.push([from, to])
    from = next
  }
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at + 1)) {
    const end = endOfTag(html, at)
    if (end === undefined) continue
    cut(at, end)
    at = end - 1
  }
  cut(html.length, html.length)
  return pieces
}

/** The end of a tag, comment or script that ends a piece of text; of anything else, none. */
function endOfTag(html: string, at: number): number | undefined {
  if (html.startsWith('<!--', at)) return endAfter(html, '-->', at)
  const name = /^<\/?([a-z][a-z0-9]*)/i.exec(html.slice(at, at + LONGEST_NAME))?.[1]?.toLowerCase()
  if (name === undefined || !(HIDDEN.has(name) || APART.has(name))) return undefined
  const isHidden = HIDDEN.has(name) && html.charAt(at + 1) !== '/'
  return endAfter(html, isHidden ? `</${name}>` : '>', at)
}

/** What is not closed goes on to the end. */
function endAfter(html: string, mark: string, at: number): number {
  const found = html.indexOf(mark, at)
  return found < 0 ? html.length : found + mark.length
}

const LONGEST_NAME = 16
const HIDDEN = new Set(['script', 'style', 'template', 'svg'])
const APART = new Set(
  'address article aside blockquote br body caption center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html li main nav ol p picture pre section summary table tbody tfoot thead title tr ul'.split(
    ' ',
  ),
)
