import { DomainError } from '../errors.ts'
import { describeSafely } from '../safe-errors.ts'

/** True for what another attempt cannot mend: what was asked for is wrong, gone, or too much. */
export function isPermanent(error: unknown): boolean {
  return error instanceof DomainError || (error as { isPermanent?: boolean }).isPermanent === true
}

/** What a job's `error` says. */
export function describeError(error: unknown): string {
  return describeSafely(error).slice(0, 2000)
}
