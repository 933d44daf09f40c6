import type { Body, Direction, Migration, Statement } from '../migration.ts'
import type { Analysis, CompiledBody, CompiledContent, StatementAnalysis } from './compiled.ts'

/** What a migration does whose body is code; its source says that, and no file of data. */
export type CodeOf = (direction: Direction) => Body

/**
 * The migration that was compiled, ready to be planned and run. Without an analysis that can be believed one is made:
 * only then the parser is needed. `phase` is the one that the class states.
 */
export async function decompile(
  { name, checksum }: Pick<Migration, 'name' | 'checksum'>,
  content: CompiledContent,
  known: Analysis | undefined,
  codeOf: CodeOf,
): Promise<Migration> {
  const { up, down, requires = [], ensures = [], downRequires = [], ...rest } = content
  const decompileBody = (direction: Direction, body: CompiledBody) =>
    body === 'code'
      ? codeOf(direction)
      : readBody(body, rest.transactional, known && (known[direction] ?? []))
  return {
    name,
    checksum,
    ...rest,
    ...(known && { breaks: known.breaks ?? [] }),
    up: await decompileBody('up', up),
    down: await decompileBody('down', down),
    requires,
    ensures,
    downRequires,
  }
}

async function readBody(
  body: Exclude<CompiledBody, 'code'>,
  transactional: boolean,
  analyses: readonly StatementAnalysis[] | undefined,
): Promise<Body> {
  if ('none' in body) return { kind: 'none', reason: body.none }
  if (analyses) {
    // The chain covers the content alone, so that nothing else says what runs.
    const statements = body.map((content, i) => ({ ...USUAL, ...analyses[i], ...content }))
    return { kind: 'sql', statements }
  }
  const { readStatements } = await import('../sql/read-statement.ts')
  const { readBackfill } = await import('../sql/backfill.ts')
  const read = await Promise.all(
    body.map(({ sql, backfill }) =>
      backfill ? readBackfill(backfill) : readStatements(sql, transactional),
    ),
  )
  return { kind: 'sql', statements: read.flat() }
}

/** What an analysis leaves out. */
const USUAL: Omit<Statement, 'sql' | 'checksum' | 'backfill'> = {
  boundary: 'shared',
  isSet: false,
  isLongRunning: false,
  effects: [],
  dataLosses: [],
  locks: [],
  hasUnknownLocks: false,
}
