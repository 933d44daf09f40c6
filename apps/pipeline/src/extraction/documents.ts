import { deserialize, serialize } from 'node:v8'
import { readChunks, type Chunk, type ChunkLimits } from './chunks.ts'
import type { Statement } from './outline.ts'

/** A chunk, with what it states packed: only the thread that reads it unpacks it. */
export type Passage = Omit<Chunk, 'statements'> & {
  /** Where its last statement ends: in a small chunk a statement may go on after it. */
  readonly statementsEnd: number
  readonly statements: Uint8Array
}

/** A document as a job works on it: what is needed of it between two calls to a thread, and no more. */
export function splitDocument(input: {
  readonly content: string
  readonly limits: ChunkLimits
}): Passage[] {
  return readChunks(input.content, input.limits).map(packChunk)
}

/**
 * The text of a passage. Whoever reads it counts offsets from its start, and never needs the document.
 */
export function textOf(content: string, { start, statementsEnd }: Passage): string {
  return content.slice(start, statementsEnd)
}

/** A chunk whose offsets count from the start of its text. */
export function unpackPassage(passage: Passage): Chunk {
  const { index, headingPath, start, bodyStart, end } = passage
  const statements = deserialize(passage.statements) as Statement[]
  return {
    index,
    headingPath,
    start: 0,
    bodyStart: bodyStart - start,
    end: end - start,
    statements,
  }
}

function packChunk({ statements, ...chunk }: Chunk): Passage {
  const own = statements.map((statement) => ({
    ...statement,
    start: statement.start - chunk.start,
    end: statement.end - chunk.start,
  }))
  const statementsEnd = statements.reduce((end, one) => Math.max(end, one.end), chunk.end)
  return { ...chunk, statementsEnd, statements: serialize(own) }
}
