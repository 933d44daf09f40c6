import type { Block } from './blocks.ts'

/**
 * One statement of a document: `content.slice(start, end)` is its exact text. `text` has line ends as
 * blanks, `plain` has markup and addresses as blanks too; both are exactly as long as the slice.
 */
export type Sentence = {
  readonly start: number
  readonly end: number
  readonly text: string
  readonly plain: string
}

/**
 * Splits a block into its statements: a table row is one, each line of code is one, prose is split
 * into sentences. What is longer than `LONGEST` is no statement that a person could check: left out.
 */
export function readSentences(block: Block): Sentence[] {
  const plain = block.kind === 'code' ? block.text : blankMarkup(block.text)
  return spans(block, plain).flatMap(([from, to]) => {
    const start = from + plain.slice(from, to).search(/\S|$/)
    const end = from + plain.slice(from, to).trimEnd().length
    if (end <= start || end - start > LONGEST) return []
    return [
      {
        start: block.start + start,
        end: block.start + end,
        text: block.text.slice(start, end),
        plain: plain.slice(start, end),
      },
    ]
  })
}

const LONGEST = 1000

/** Where statements begin and end in a block's text. */
function spans(block: Block, plain: string): [from: number, to: number][] {
  if (block.kind === 'row') return [[0, plain.length]]
  if (block.kind === 'code') {
    return [...plain.matchAll(/[^\n]+/g)].map((line) => [line.index, line.index + line[0].length])
  }
  const spans: [number, number][] = []
  let from = 0
  for (const { segment, index } of segmenter.segment(plain)) {
    const to = index + segment.length
    if (ABBREVIATION.test(segment)) continue // the segmenter takes its full stop for an end
    spans.push([from, to])
    from = to
  }
  if (from < plain.length) spans.push([from, plain.length])
  return spans
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })
const ABBREVIATION = /\b(?:e\.g|i\.e|approx|incl|max|min|no|vs)\.\s*$/i

/** The part of a heading or a statement that would be read aloud. */
export function readAloud(plain: string): string {
  return plain.replace(/\s+/g, ' ').trim()
}

/** Blanks what is not read aloud, so that a badge's address is not taken for a version. */
export function blankMarkup(text: string): string {
  return MARKUP.reduce((plain, markup) => plain.replace(markup, blank), text)
}

const MARKUP: readonly RegExp[] = [
  /!\[[^[\]]{0,500}\]\([^()\s]{0,2000}\)/g, // an image, with its alternative text
  /\]\([^()\s]{0,2000}(?:\s+"[^"]{0,500}")?\)/g, // the address of a link
  /\]\[[^[\]]{0,500}\]/g, // the reference of a link
  /<\/?[a-z][^<>]{0,2000}>/gi, // a tag
  /<?\bhttps?:\/\/[^\s<>)]{1,2000}>?/gi, // a bare address
  /[*`~[\]|\\]/g,
  /(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu, // emphasis, not the inside of a name_like_this
]

function blank(match: string): string {
  return ' '.repeat(match.length)
}
