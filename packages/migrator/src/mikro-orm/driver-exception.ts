import { type Platform, LockWaitTimeoutException } from '@mikro-orm/core'
import { inspect } from 'node:util'
import { MigratorError } from '../errors/index.ts'
import { sqlState } from '../session/connect.ts'

type Converter = ReturnType<Platform['getExceptionConverter']>

/**
 * What PostgreSQL refused, in the class that MikroORM gives it (UniqueConstraintViolationException, …), with
 * pg's own error as `cause`, its five characters as `sqlState`, and `code`, `exit`, `details` and message of
 * this package. Any other error stays what it is.
 */
export function asDriverException(error: unknown, converter: Converter): unknown {
  if (!(error instanceof MigratorError)) return error
  const native = findNativeError(error)
  const isGivenUp = error.code === 'LOCK_BUDGET_SPENT'
  if (error.code !== 'STATEMENT_FAILED' && !isGivenUp) return error
  if (!native && !isGivenUp) return error
  const state = sqlState(native)
  const isTimeout = isGivenUp && state !== '40P01' && state !== '40001'
  const copy = copyError(native ?? error)
  const exception = isTimeout
    ? new LockWaitTimeoutException(copy)
    : converter.convertException(copy)
  const { message, code, exit, details } = error
  const hidden = { message, cause: native, [inspect.custom]: () => message }
  for (const key of Reflect.ownKeys(hidden)) {
    const value: unknown = Reflect.get(hidden, key)
    Object.defineProperty(exception, key, { value, configurable: true, writable: true })
  }
  Object.assign(exception, { code, exit, details, sqlState: state })
  Error.captureStackTrace(exception, asDriverException)
  return exception
}

/** The converter writes into the error that it is given. */
function copyError(error: Error): Error {
  return Object.create(
    Object.getPrototypeOf(error) as object,
    Object.getOwnPropertyDescriptors(error),
  ) as Error
}

function findNativeError(error: unknown): Error | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (!(at instanceof MigratorError) && sqlState(at) !== undefined) return at
  }
  return undefined
}
