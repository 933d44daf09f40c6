import { readDocument } from '../documents/read-document.ts'
import { splitDocument } from '../extraction/documents.ts'
import { readAnswer } from '../extraction/model/answers.ts'
import { readByRules } from '../extraction/passages.ts'
import { findSchemaProblem } from '../extraction/schema-problem.ts'
import { readSmallByRules } from '../extraction/small-documents.ts'

/**
 * The work that is done in threads, by name: pure functions of what can be cloned. They are imported
 * by threads only; the rest of the service knows their types.
 */
export const tasks = {
  /** A document into its chunks. */
  split: splitDocument,
  /** A fetched document as text. */
  read: readDocument,
  /** A passage of one into facts. */
  readByRules,
  /** Short documents into facts. */
  readSmallByRules,
  /** What a model answered for a passage into facts. */
  readAnswer,
  /** What is wrong with a project's schema. */
  findSchemaProblem,
} as const

export type Tasks = typeof tasks
export type TaskName = keyof Tasks
export type Input<Name extends TaskName> = Parameters<Tasks[Name]>[0]
export type Output<Name extends TaskName> = Awaited<ReturnType<Tasks[Name]>>
