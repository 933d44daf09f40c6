import { readBlocks, type Block } from './blocks.ts'
import { blankMarkup, readAloud, readSentences, type Sentence } from './sentences.ts'

/** A heading with everything up to the next one of its depth. The root is the whole document. */
export type Section = {
  readonly headingPath: readonly string[]
  readonly start: number
  readonly end: number
  readonly children: readonly Section[]
}

/** A sentence, and where in the document it stands. */
export type Statement = Sentence & {
  readonly in: Block['kind']
  readonly headingPath: readonly string[]
}

/** Reads the sections of a document, and its statements in order. */
export function readOutline(content: string): { root: Section; statements: Statement[] } {
  const root = openSection([], 0, 0)
  const open = [root]
  const statements: Statement[] = []
  let section = root
  for (const block of readBlocks(content)) {
    if (block.kind === 'heading') {
      section = openUnder(open, block)
      continue
    }
    const { headingPath } = section
    for (const sentence of readSentences(block)) {
      statements.push({ ...sentence, in: block.kind, headingPath })
    }
  }
  for (const one of open) one.end = content.length
  return { root, statements }
}

type OpenSection = {
  readonly headingPath: readonly string[]
  readonly depth: number
  readonly start: number
  end: number
  readonly children: OpenSection[]
}

function openSection(headingPath: readonly string[], depth: number, start: number): OpenSection {
  return { headingPath, depth, start, end: start, children: [] }
}

/** Ends the open sections that are not above the heading, and opens its own. */
function openUnder(open: OpenSection[], heading: Block): OpenSection {
  const above = open.findLastIndex((section) => section.depth < heading.depth)
  for (const ended of open.splice(above + 1)) ended.end = heading.lineStart
  const parent = open[above]
  const title = readAloud(blankMarkup(heading.text)).slice(0, LONGEST_TITLE).toWellFormed()
  const path = [...(parent?.headingPath ?? []), title]
  const section = openSection(path, heading.depth, heading.lineStart)
  parent?.children.push(section)
  open.push(section)
  return section
}

/** In characters. Every fact under a heading has its title: what is longer is a paragraph that looks like one. */
const LONGEST_TITLE = 200
