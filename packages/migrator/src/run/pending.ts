import { takesObjects } from '../archive/statement-kinds.ts'
import type { Segment } from '../plan/segments.ts'
import type { ArchivePolicy } from './context.ts'

/** Something waits in the archive, or an earlier segment of the migration may just have put it there. */
export function mayBePending(
  { index, direction }: Segment,
  { hasPending, keepRows, statements }: ArchivePolicy,
): boolean {
  const mayKeep = direction === 'down' || keepRows !== undefined || takesObjects(statements)
  return hasPending || (index > 1 && mayKeep)
}
