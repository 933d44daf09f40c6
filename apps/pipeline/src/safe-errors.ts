/**
 * What may be shown of an error, in a log line or in a job. PostgreSQL's `detail`, `where` and
 * parameters hold rows, and MikroORM puts the statement in front of the message: none of them is shown.
 */
export type SafeError = {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly table?: string
  readonly constraint?: string
  readonly stack?: string
  readonly cause?: SafeError
}

/** As pino wants the `err` of a line. */
export function serializeError(error: unknown, depth = 0): SafeError | string {
  if (!(error instanceof Error)) return describeSafely(error)
  const { code, table, constraint } = error as Partial<
    Record<'code' | 'table' | 'constraint', unknown>
  >
  const cause = depth < 3 && error.cause !== undefined ? serializeError(error.cause, depth + 1) : ''
  return {
    type: error.name,
    message: describeSafely(error),
    ...(typeof code === 'string' && { code }),
    ...(typeof table === 'string' && { table }),
    ...(typeof constraint === 'string' && { constraint }),
    ...(error.stack && { stack: framesOf(error.stack) }),
    ...(typeof cause === 'object' && { cause }),
  }
}

/** The message of an error without rows, values and statements. */
export function describeSafely(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : typeof error
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return error.message
  // PostgreSQL's own message is the last line.
  const message = error.message.split('\n').at(-1) ?? ''
  // Class 22 quotes the value that was no fit: `invalid input syntax for type uuid: "…"`.
  return code.startsWith('22') ? message.replaceAll(/"[^]*"/g, '"…"') : message
}

/** The stack begins with the message, which may have many lines. */
function framesOf(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')
}
