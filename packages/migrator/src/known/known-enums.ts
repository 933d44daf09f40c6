import type { Node } from '@pgsql/types'
import { toKey } from '../phase/release.ts'
import { readName } from '../sql/names.ts'

/** An enum that is made, and each label that it gets, or that gets another name. */
export function learnEnum(enums: Map<string, readonly string[]>, node: Node): void {
  if ('CreateEnumStmt' in node) {
    const { typeName, vals = [] } = node.CreateEnumStmt
    enums.set(
      toKey(readName({ List: { items: typeName ?? [] } })),
      vals.map((one) => readName(one).name),
    )
  }
  if (!('AlterEnumStmt' in node)) return
  const { typeName, oldVal, newVal = '', newValNeighbor, newValIsAfter } = node.AlterEnumStmt
  const key = toKey(readName({ List: { items: typeName ?? [] } }))
  const labels = enums.get(key)
  if (!labels || labels.includes(newVal)) return
  const place = newValNeighbor === undefined ? labels.length : labels.indexOf(newValNeighbor)
  enums.set(
    key,
    oldVal === undefined
      ? labels.toSpliced(place + (newValIsAfter ? 1 : 0), 0, newVal)
      : labels.map((one) => (one === oldVal ? newVal : one)),
  )
}
