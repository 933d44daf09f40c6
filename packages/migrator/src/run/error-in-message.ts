import { DatabaseError } from 'pg'

/** The error of one statement in a message, as if it had been sent alone: PostgreSQL counts characters from 1 on. */
export function errorIn(error: unknown, before: string): unknown {
  if (!(error instanceof DatabaseError) || error.position === undefined) return error
  const position = Number(error.position) - Array.from(before).length
  const alone = new DatabaseError(error.message, error.length, error.name)
  return Object.assign(alone, error, { position: String(position) })
}
