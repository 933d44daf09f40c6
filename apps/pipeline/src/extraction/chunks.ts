import { readOutline, type Section, type Statement } from './outline.ts'

/**
 * A part of a document that an extractor reads at once. `content.slice(start, end)` is its text; up to
 * `bodyStart` it repeats the end of the chunk before, as context: what is stated there belongs to that
 * chunk. Bodies follow each other without a gap and cover the document.
 */
export type Chunk = {
  readonly index: number
  readonly headingPath: readonly string[]
  readonly start: number
  readonly bodyStart: number
  readonly end: number
  /** What its body states, in order. */
  readonly statements: readonly Statement[]
}

/** Sizes in tokens, estimated as four bytes of UTF-8 each; the overlap is part of the maximum. */
export type ChunkLimits = { readonly maxTokens: number; readonly overlapTokens: number }

/**
 * Splits a document along its headings: a section that fits, with all its subsections, is one chunk;
 * one that does not is split into its own text and its subsections, of which neighbours that fit
 * together stay together. Text that is still too long is split between statements, and inside one only
 * where it alone is longer than a chunk.
 */
export function readChunks(content: string, limits: ChunkLimits): Chunk[] {
  const { root, statements } = readOutline(content)
  const overlap = limits.overlapTokens * BYTES_PER_TOKEN
  const bodies = splitSection(content, root, {
    statements,
    bytes: limits.maxTokens * BYTES_PER_TOKEN - overlap,
  })
  const left = statements.values()
  let next = left.next()
  return bodies.map(({ headingPath, start: bodyStart, end }, index) => {
    const own: Statement[] = []
    for (; !next.done && next.value.start < end; next = left.next()) own.push(next.value)
    const start = stepBack(content, bodyStart, overlap)
    return { index, headingPath, start, bodyStart, end, statements: own }
  })
}

const BYTES_PER_TOKEN = 4

type Body = Pick<Section, 'headingPath' | 'start' | 'end'>
type Cutting = { readonly statements: readonly Statement[]; readonly bytes: number }

function splitSection(content: string, section: Section, cutting: Cutting): Body[] {
  const { start, end, children } = section
  if (start === end) return []
  const fits = (from: number, to: number) =>
    Buffer.byteLength(content.slice(from, to)) <= cutting.bytes
  if (fits(start, end)) return [section]
  const bodies = splitText(content, { ...section, end: children[0]?.start ?? end }, cutting)
  let together: Body | undefined
  for (const child of children) {
    if (together && fits(together.start, child.end)) {
      together = { headingPath: section.headingPath, start: together.start, end: child.end }
      continue
    }
    if (together) bodies.push(together)
    together = fits(child.start, child.end) ? child : undefined
    if (!together) bodies.push(...splitSection(content, child, cutting))
  }
  return together ? [...bodies, together] : bodies
}

function splitText(content: string, text: Body, { statements, bytes }: Cutting): Body[] {
  const bodies: Body[] = []
  let start = text.start
  while (start < text.end) {
    const furthest = stepForward(content, start, text.end, bytes)
    const between = lastStart(statements, furthest)
    const isInside = between !== undefined && between > start
    const end = furthest === text.end || !isInside ? furthest : between
    bodies.push({ headingPath: text.headingPath, start, end })
    start = end
  }
  return bodies
}

/** Where the last statement begins that begins no later than `at`. */
function lastStart(statements: readonly Statement[], at: number): number | undefined {
  let low = 0
  for (let high = statements.length; low < high;) {
    const middle = Math.floor((low + high) / 2)
    if ((statements[middle]?.start ?? 0) > at) high = middle
    else low = middle + 1
  }
  return statements[low - 1]?.start
}

/** As far from `start` as `bytes` of UTF-8 reach, never between the halves of a surrogate pair. */
function stepForward(content: string, start: number, end: number, bytes: number): number {
  let at = start
  let left = bytes
  for (const character of content.slice(start, Math.min(end, start + bytes))) {
    left -= Buffer.byteLength(character)
    if (left < 0 && at > start) break
    at += character.length
  }
  return at
}

/** As far back from `end` as `bytes` of UTF-8 reach, to the beginning of a word. */
function stepBack(content: string, end: number, bytes: number): number {
  const from = Math.max(0, end - bytes) // no character takes less than a byte
  for (const word of content.slice(from, end).matchAll(/\S+/g)) {
    const at = from + word.index
    const isWhole = at === 0 || /\s/.test(content.charAt(at - 1))
    if (isWhole && Buffer.byteLength(content.slice(at, end)) <= bytes) return at
  }
  return end
}
