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
  /** Of a row of a table: its cells that are not empty. */
  readonly cells?: readonly Cell[]
}

/** A cell of a table under the header of its column; its text is `plain.slice(start, end)`. */
export type Cell = { readonly column: string; readonly start: number; readonly end: number }

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
        ...(block.header !== undefined && { cells: readCells(block, plain, start) }),
      },
    ]
  })
}

function readCells({ text, header = '' }: Block, plain: string, statement: number): Cell[] {
  const columns = splitRow(header).map(([from, to]) =>
    readAloud(blankMarkup(header.slice(from, to))),
  )
  return splitRow(text).flatMap(([from, to], index) => {
    const cell = plain.slice(from, to)
    if (cell.trim() === '') return []
    const start = from + cell.length - cell.trimStart().length - statement
    return [{ column: columns[index] ?? '', start, end: start + cell.trim().length }]
  })
}

/** Where the cells of a row begin and end: between bars that no backslash stands before. */
function splitRow(text: string): [from: number, to: number][] {
  const cells: [number, number][] = []
  let from = text.length - text.trimStart().length
  if (text.charAt(from) === '|') from += 1
  for (let at = from; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') at += 1
    else if (text.charAt(at) === '|') {
      cells.push([from, at])
      from = at + 1
    }
  }
  return [...cells, [from, text.length]]
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
    if (endsInAbbreviation(segment)) continue // the segmenter takes its full stop for an end
    spans.push([from, to])
    from = to
  }
  if (from < plain.length) spans.push([from, plain.length])
  return spans
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })
const ABBREVIATIONS = [
  'e.g.',
  'i.e.',
  'approx.',
  'art.',
  'ca.',
  'fig.',
  'incl.',
  'max.',
  'min.',
  'no.',
  'sec.',
  'vs.',
]

function endsInAbbreviation(segment: string): boolean {
  const end = segment
    .trimEnd()
    .slice(-LONGEST_ABBREVIATION - 1)
    .toLowerCase()
  return ABBREVIATIONS.some(
    (one) => end.endsWith(one) && !isLetter(end.charAt(end.length - one.length - 1)),
  )
}
const LONGEST_ABBREVIATION = Math.max(...ABBREVIATIONS.map(({ length }) => length))

/** The part of a heading or a statement that would be read aloud. */
export function readAloud(plain: string): string {
  return plain.replace(/\s+/g, ' ').trim()
}

/** Blanks what is not read aloud, so that a badge's address is not taken for a version. */
export function blankMarkup(text: string): string {
  return blankUnderscores(MARKUP.reduce((plain, markup) => plain.replace(markup, blank), text))
}

/** Each begins with what cannot stand inside it, so that no character is read twice. */
const MARKUP: readonly RegExp[] = [
  /!\[[^[\]]*\]\([^()\s]*\)/g, // an image, with its alternative text
  /\]\([^()\s]*(?:\s+"[^"()]*")?\)/g, // the address of a link
  /\]\[[^[\]]*\]/g, // the reference of a link
  /<\/?[a-z][^<>]*>/gi, // a tag
  /<?https?:\/\/[^\s<>)]+>?/gi, // a bare address
  /[*`~[\]|\\]/g,
]

/** Blanks the marks of emphasis, and leaves the inside of a name_like_this. */
function blankUnderscores(text: string): string {
  return text.replaceAll(/_+/g, (marks, at: number) => {
    const isInside = isLetter(text.charAt(at - 1)) && isLetter(text.charAt(at + marks.length))
    return isInside ? marks : blank(marks)
  })
}

function isLetter(character: string): boolean {
  return /^[\p{L}\p{N}]$/u.test(character)
}

function blank(match: string): string {
  return ' '.repeat(match.length)
}
