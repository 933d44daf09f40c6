import { mayArchive } from '../archive/statement-kinds.ts'
import type { Segment } from '../plan/segments.ts'
import type { ArchivePolicy } from './context.ts'

/** Something waits in the archive, or an earlier segment of the migration may just have put it there. */
export function mayBePending({ index, direction }: Segment, archive: ArchivePolicy): boolean {
  return archive.hasPending || (index > 1 && mayArchive(direction, archive, archive.statements))
}
