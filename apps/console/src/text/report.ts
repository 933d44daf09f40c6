/** A line of a report, as the person who reads it sees it. */
export type Block =
  | { readonly kind: 'group' | 'type' | 'text'; readonly text: string }
  | { readonly kind: 'facts' | 'sources'; readonly items: string[] }

/**
 * Reads the Markdown that the pipeline writes: two ranks of headings, two kinds of lists, lines of text, and everything else escaped.
 * The first heading is left out: it is the title of the report, which the page has already.
 */
export function readReport(markdown: string): Block[] {
  const blocks: Block[] = []
  for (const line of markdown.split('\n')) {
    const [, mark = '', text = ''] = /^(#{1,3} |- |\d+\. )?(.*)$/.exec(line) ?? []
    const kind = KINDS[mark.trim()] ?? (mark === '' ? 'text' : 'sources')
    if (kind === 'title' || text === '') continue
    if (kind !== 'facts' && kind !== 'sources') {
      blocks.push({ kind, text: unescape(text) })
      continue
    }
    const last = blocks.at(-1)
    if (last?.kind === kind) last.items.push(unescape(text))
    else blocks.push({ kind, items: [unescape(text)] })
  }
  return blocks
}

const KINDS: Readonly<Record<string, 'title' | 'group' | 'type' | 'facts'>> = {
  '#': 'title',
  '##': 'group',
  '###': 'type',
  '-': 'facts',
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&#46;': '.',
  '&amp;': '&',
}

/** Each escape once, from left to right: of `&amp;lt;` remains `&lt;`. */
function unescape(text: string): string {
  return text.replaceAll(
    /\\([^A-Za-z0-9\s])|&(?:lt|gt|amp|#46);/g,
    (escape, sign: string | undefined) => sign ?? ENTITIES[escape] ?? escape,
  )
}
