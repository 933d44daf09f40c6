/** A part of a text, and whether it is a quote in it. */
export type Segment = {
  readonly text: string
  readonly kind: 'text' | 'heading' | 'quote' | 'other'
}

export type Range = { readonly start: number; readonly end: number }

/** A longer text is shown around its quote: a browser lays out a megabyte slowly. */
const WINDOW = 20_000

/**
 * Cuts a text at the bounds of its quotes, in UTF-16 code units as JavaScript counts them: of the one that is looked at,
 * `quote`, and of `others`, and where headings of markdown stand between them. The segments together are the text.
 */
export function cutText(
  text: string,
  quote: Range | undefined,
  others: readonly Range[],
): Segment[] {
  const bounds = [quote, ...others].flatMap((range) => (range ? [range.start, range.end] : []))
  const within = bounds.filter((bound) => bound > 0 && bound < text.length)
  const cuts = [...new Set([0, ...within, text.length])].sort((a, b) => a - b)
  return cuts.slice(0, -1).flatMap((start, index) => {
    const end = cuts[index + 1] ?? text.length
    const holds = (range: Range) => range.start <= start && end <= range.end
    const part = text.slice(start, end)
    if (quote && holds(quote)) return [{ text: part, kind: 'quote' as const }]
    if (others.some(holds)) return [{ text: part, kind: 'other' as const }]
    return cutHeadings(part, start === 0 || text[start - 1] === '\n')
  })
}

/** The part of a long text that is worth showing first. */
export function chooseWindow(text: string, quote: Range | undefined): Range {
  const middle = quote?.start ?? 0
  const start = middle > WINDOW ? lineStart(text, middle - WINDOW) : 0
  const end = Math.max(start + 2 * WINDOW, (quote?.end ?? 0) + WINDOW)
  return { start, end: end >= text.length ? text.length : lineStart(text, end) }
}

/** Not in the middle of a line, and so not in the middle of a character. */
function lineStart(text: string, place: number): number {
  const next = text.indexOf('\n', place)
  if (next !== -1) return next + 1
  const isHalf = /[\uDC00-\uDFFF]/.test(text.charAt(place))
  return isHalf ? place + 1 : place
}

function cutHeadings(text: string, startsLine: boolean): Segment[] {
  const lines = text.split(/(?<=\n)/)
  const segments: Segment[] = []
  for (const [index, line] of lines.entries()) {
    const isHeading = (index > 0 || startsLine) && /^#{1,6} /.test(line)
    const kind = isHeading ? 'heading' : 'text'
    const last = segments.at(-1)
    if (last?.kind === 'text' && kind === 'text') {
      segments[segments.length - 1] = { kind, text: last.text + line }
    } else segments.push({ kind, text: line })
  }
  return segments.filter((segment) => segment.text !== '')
}
