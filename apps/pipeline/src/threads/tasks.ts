import { readDocument } from '../documents/read-document.ts'
import { splitDocument } from '../extraction/documents.ts'

/**
 * The work that is done in threads, by name: pure functions of what can be cloned. They are imported
 * by threads only; the rest of the service knows their types.
 */
export const tasks = {
  /** A document into its chunks. */
  split: splitDocument,
  /** A fetched document as text. */
  read: readDocument,
} as const

export type Tasks = typeof tasks
export type TaskName = keyof Tasks
export type Input<Name extends TaskName> = Parameters<Tasks[Name]>[0]
export type Output<Name extends TaskName> = Awaited<ReturnType<Tasks[Name]>>
