import { failure } from '../errors/index.ts'

/**
 * PostgreSQL, its parser and its protocol take a NUL byte for the end of a text: what follows would be neither
 * checked nor run. Throws NUL_BYTE; `what` says what the text is.
 */
export function refuseNul(text: string, what: string): void {
  const position = text.indexOf('\0')
  if (position < 0) return
  throw failure('NUL_BYTE', { what, line: text.slice(0, position).split('\n').length })
}
