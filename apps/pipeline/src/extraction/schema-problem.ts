import { compileSchema, walkSchema } from './json-schema.ts'

/**
 * Says in one line why a schema cannot be a project's; undefined where it can. It runs in a thread:
 * a schema can be made to take for ever.
 */
export async function findSchemaProblem(asked: {
  readonly schema: object
}): Promise<string | undefined> {
  const { schema } = asked
  try {
    return findExcess(schema) ?? (await findSlowPattern(schema)) ?? tryOut(schema)
  } catch (error) {
    if (error instanceof RangeError) return 'it is nested too deeply, or refers to itself'
    return error instanceof Error ? error.message : String(error)
  }
}

/** What people write has a tenth of it; what is larger is compiled for each thread and sent to a model with each chunk. */
const LARGEST_BYTES = 64 * 1024
const DEEPEST = 40
const MOST_PATTERNS = 50
const LONGEST_PATTERN = 300

function findExcess(schema: object): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(schema))
  if (bytes > LARGEST_BYTES) return `it has ${bytes} bytes; at most ${LARGEST_BYTES} are allowed`
  for (const [, depth] of walkSchema(schema)) {
    if (depth > DEEPEST) return `it is nested more than ${DEEPEST} levels deep`
  }
  return undefined
}

/** A regular expression is refused where some text makes it take more than the square of its length. */
async function findSlowPattern(schema: object): Promise<string | undefined> {
  const patterns = [...new Set(patternsOf(schema))]
  if (patterns.length > MOST_PATTERNS) return `it has more than ${MOST_PATTERNS} patterns`
  for (const pattern of patterns) {
    if (pattern.length > LONGEST_PATTERN) {
      return `the pattern ${pattern.slice(0, 40)}… has more than ${LONGEST_PATTERN} characters`
    }
    const problem = await findPatternProblem(pattern)
    if (problem) return `the pattern ${pattern} ${problem}`
  }
  return undefined
}

async function findPatternProblem(pattern: string): Promise<string | undefined> {
  const { checkSync } = await import('recheck') // three megabytes: for a schema that has patterns only
  const found = checkSync(pattern, 'u', { timeout: 2000 })
  if (found.status === 'safe') return undefined
  if (found.status === 'unknown') {
    return found.error.kind === 'invalid'
      ? `is invalid: ${found.error.message}`
      : 'cannot be shown to be fast'
  }
  if (found.complexity.type === 'exponential') return 'can take exponential time'
  const { degree } = found.complexity
  return degree > 2 ? `can take the ${degree}th power of a text's length in time` : undefined
}

function patternsOf(schema: object): string[] {
  const patterns: string[] = []
  for (const [part] of walkSchema(schema)) {
    const { pattern, patternProperties } = part as Record<string, unknown>
    if (typeof pattern === 'string') patterns.push(pattern)
    if (patternProperties) patterns.push(...Object.keys(patternProperties))
  }
  return patterns
}

/** References that lead in a circle, or double at each step, show when they are followed. */
function tryOut(schema: object): undefined {
  const check = compileSchema(schema)
  for (const data of [{}, { statement: '' }]) check(data)
}
