import MarkdownIt from 'markdown-it'
import type { Token } from 'markdown-it'
import { splitHtml } from './html.ts'

/**
 * A piece of a document that is read as one. `start` and `end` are UTF-16 offsets into the content;
 * `text` is exactly as long as `content.slice(start, end)`: line ends and the `>` or indentation of
 * continuation lines are blanks in it, so an offset in `text` is an offset in the content.
 */
export type Block = {
  readonly kind: 'heading' | 'prose' | 'row' | 'code'
  /** Where its first line begins, marks included. */
  readonly lineStart: number
  readonly start: number
  readonly end: number
  readonly text: string
  /** Of a heading: 1 to 6; otherwise 0. */
  readonly depth: number
  /** Of a row: the text of its table's header. */
  readonly header?: string
}

/** Reads a markdown document into its blocks, in order. In plain text each paragraph is a block. */
export function readBlocks(content: string): Block[] {
  const lines = readLines(content)
  const tokens = parser.parse(content, {})
  let header = ''
  return tokens.flatMap((token, index): Block[] => {
    const kind = KINDS[token.type]
    if (!kind || !token.map) return []
    const own = lines.slice(token.map[0], token.map[1])
    if (tokens[index - 1]?.type === 'thead_open') {
      header = own[0]?.text ?? ''
      return []
    }
    if (token.type === 'html_block') return readHtml(joinLines(own, ' '))
    const block = kind === 'code' ? readCode(own) : readText(own, readInline(tokens, index))
    if (block.text === '') return []
    const depth = kind === 'heading' ? Number(token.tag.slice(1)) : 0
    const lineStart = own[0]?.start ?? 0
    return [{ kind, lineStart, ...block, depth, ...(kind === 'row' && { header }) }]
  })
}

const KINDS: Readonly<Record<string, Block['kind']>> = {
  heading_open: 'heading',
  paragraph_open: 'prose',
  tr_open: 'row',
  html_block: 'prose',
  fence: 'code',
  code_block: 'code',
}

/**
 * Block structure only: reading it is linear in the length of the document, and its depth is bounded.
 * Inline markup, where parsers can be made to take minutes, is left to `sentences.ts`.
 */
const parser = new MarkdownIt('commonmark').enable('table')
parser.core.ruler.enableOnly(['normalize', 'block'])

type Line = { readonly start: number; readonly text: string }
type Text = Pick<Block, 'start' | 'end' | 'text'>

/** Splits at the line ends that the parser knows, so that its line numbers are indexes here. */
function readLines(content: string): Line[] {
  const lines: Line[] = []
  let start = 0
  for (const end of content.matchAll(/\r\n?|\n/g)) {
    lines.push({ start, text: content.slice(start, end.index) })
    start = end.index + end[0].length
  }
  return [...lines, { start, text: content.slice(start) }]
}

/** A paragraph's or heading's text as the parser read it; a table row is read as it stands. */
function readInline(tokens: readonly Token[], index: number): string[] | undefined {
  const inline = tokens[index + 1]
  return inline?.type === 'inline' ? inline.content.split('\n') : undefined
}

function readCode(lines: readonly Line[]): Text {
  return joinLines(lines, '\n')
}

function readText(lines: readonly Line[], read: readonly string[] | undefined): Text {
  if (!read) return joinLines(lines, ' ')
  return joinLines(
    lines.slice(0, read.length).map((line, index) => dropMarkers(line, read[index]?.trim() ?? '')),
    ' ',
  )
}

/** Leaves of a line what the parser read, without the marks of its list, quote or heading. */
function dropMarkers(line: Line, read: string): Line {
  const text = line.text.trimEnd()
  const end = text.endsWith(read) ? text.length : endOfHeading(text)
  const start = end - read.length
  return text.startsWith(read, start) ? { start: line.start + start, text: read } : line
}

/** Where a heading ends before its closing marks: "# One ##". */
function endOfHeading(text: string): number {
  let end = text.length
  while (text.charAt(end - 1) === '#') end -= 1
  return text.slice(0, end).trimEnd().length
}

/** HTML is read as text, each element that stands apart as a block of its own. */
function readHtml({ start, text }: Text): Block[] {
  return splitHtml(text).map(([from, to]) => ({
    kind: 'prose',
    lineStart: start,
    start: start + from,
    end: start + to,
    text: text.slice(from, to),
    depth: 0,
  }))
}

function joinLines(lines: readonly Line[], lineEnd: '\n' | ' '): Text {
  const start = lines[0]?.start ?? 0
  let text = ''
  for (const line of lines) {
    const gap = line.start - start - text.length
    text += (gap > 0 ? lineEnd.padEnd(gap) : '') + line.text
  }
  return { start, end: start + text.length, text }
}
