import { keysOnly } from './detail.ts'
import type { Picture } from './model.ts'

/** With more tables than this, a change is shown with what is around it. */
const MANY = 15

/** Of a large schema: what changes, whole; what it refers to and what refers to it, by the keys; how many others there are. */
export function focusOnChange(picture: Picture): Picture {
  const { tables, references, enums } = picture
  const changed = references.filter(({ change }) => change)
  const touched = new Set([
    ...tables.flatMap(({ identity, change }) => (change ? [identity] : [])),
    ...changed.flatMap(({ from, to }) => [from, to]),
  ])
  if (tables.length <= MANY && touched.size > 0) return picture
  const near = new Set(
    references
      .filter(({ from, to }) => touched.has(from) || touched.has(to))
      .flatMap(({ from, to }) => [from, to]),
  )
  const isShown = (table: string) => touched.has(table) || near.has(table)
  const shown = tables.filter(({ identity }) => isShown(identity))
  return {
    tables: shown.map((table) => (touched.has(table.identity) ? table : keysOnly(table))),
    references: references.filter(({ from, to }) => isShown(from) && isShown(to)),
    enums: enums.filter(({ change }) => change),
    leftOut: tables.length - shown.length,
  }
}
