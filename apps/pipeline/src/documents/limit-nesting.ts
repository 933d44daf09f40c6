/** Deeper than any page that people read, and far less than what a parser or the stack of a thread bears. */
const DEEPEST = 32

/**
 * An HTML page without the tags of elements that are nested too deeply: what is in them stays. The time that it takes
 * grows with the length of the page, while that of a parser grows with the depth as well. A tag too few costs no text, so
 * this may be less exact than a parser.
 */
export function limitNesting(html: string): string {
  const open: string[] = []
  const kept: string[] = []
  let from = 0
  for (const { name, isEnd, start, end } of readTags(html)) {
    if (FLAT.has(name)) continue
    const isDeep = open.length > DEEPEST || (open.length === DEEPEST && !isEnd)
    if (!isEnd) open.push(name)
    else if (open.at(-1) === name) open.pop()
    else continue
    if (!isDeep) continue
    // A paragraph ends what is before it, and nests in nothing.
    kept.push(html.slice(from, start), INLINE.has(name) ? '' : '<p>')
    from = end
  }
  return kept.join('') + html.slice(from)
}

type Tag = {
  readonly name: string
  readonly isEnd: boolean
  readonly start: number
  /** After its `>`. */
  readonly end: number
}

/** The tags of a page, but for what stands in comments and in elements whose content is no HTML. */
function* readTags(html: string): Generator<Tag> {
  for (let start = html.indexOf('<'); start !== -1;) {
    let end = start + 1
    if (html.startsWith('!--', end)) end = after(html, '-->', end)
    else {
      const [, slash = '', written] = match(/(\/?)([a-z][^\s/>]{0,100})/iy, html, end) ?? []
      if (written !== undefined) {
        const name = written.toLowerCase()
        end = endOfTag(html, end)
        yield { name, isEnd: slash !== '', start, end }
        if (slash === '' && RAW.has(name)) end = endOfRaw(html, name, end)
      }
    }
    start = html.indexOf('<', end)
  }
}

/** After the `>` of a tag: one in a quoted value of an attribute does not end it. */
function endOfTag(html: string, at: number): number {
  for (let index = at; index < html.length; index += 1) {
    if (html[index] === '>') return index + 1
    const [, quote] = html[index] === '=' ? (match(/=\s*(["'])/y, html, index) ?? []) : []
    if (quote !== undefined) index = after(html, quote, html.indexOf(quote, index) + 1) - 1
  }
  return html.length
}

function endOfRaw(html: string, name: string, at: number): number {
  ENDS_RAW.lastIndex = at
  for (let found = ENDS_RAW.exec(html); found; found = ENDS_RAW.exec(html))
    if (found[1]?.toLowerCase() === name) return found.index
  return html.length
}

function after(html: string, text: string, at: number): number {
  const found = html.indexOf(text, at)
  return found === -1 ? html.length : found + text.length
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

const ENDS_RAW = /<\/(script|style|textarea|title|xmp|iframe|noembed|noframes)/gi
const RAW = words('script style textarea title xmp iframe noembed noframes')

/** Elements without content, and those that end where the next one begins: the elements around them say how deep they are. */
const FLAT = words(
  'area base br col embed hr img input link meta param source track wbr html head body p li dt dd tr td th thead tbody tfoot caption colgroup option optgroup rb rp rt rtc script style textarea title xmp iframe noembed noframes',
)

/** What may stand within a word. */
const INLINE = words(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q s samp small span strike strong sub sup time tt u var',
)

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '))
}
