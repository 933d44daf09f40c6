import { messageFrom } from '../errors/message-from.ts'

/** A statement or a check of the migration that PostgreSQL refused, as opposed to one of the runner's own. */
export class FailedStatement extends Error {
  override readonly name = 'FailedStatement'
  readonly sql: string
  readonly milliseconds: number

  constructor(sql: string, milliseconds: number, cause: unknown) {
    super(messageFrom(cause), { cause })
    this.sql = sql
    this.milliseconds = milliseconds
  }
}
