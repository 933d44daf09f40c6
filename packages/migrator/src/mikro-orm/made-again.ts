import type { Texts } from '../sql/parse.ts'
import { readNames } from './remade-views.ts'

interface Index {
  readonly keyName: string
  readonly columnNames: readonly string[]
}

interface Check {
  readonly name: string
  readonly expression: string
}

interface Table {
  getIndexes(): readonly Index[]
  getChecks(): readonly Check[]
}

/** What MikroORM has found to change in a table. */
export interface ComputedChange {
  readonly toTable: Table
  readonly addedColumns: Readonly<Record<string, unknown>>
  readonly removedColumns: Readonly<Record<string, unknown>>
  readonly addedIndexes: Record<string, Index>
  readonly changedIndexes: Readonly<Record<string, Index>>
  readonly addedChecks: Record<string, Check>
  readonly changedChecks: Readonly<Record<string, Check>>
}

/** Adds the indexes and checks that go with a computed column, which is dropped and added: MikroORM takes them for unchanged. */
export function makeAgain(
  { changedTables }: { readonly changedTables: Readonly<Record<string, ComputedChange>> },
  texts: Texts,
): void {
  for (const change of Object.values(changedTables)) {
    const { addedIndexes, changedIndexes, addedChecks, changedChecks } = change
    const columns = Object.keys(change.removedColumns).filter((name) => name in change.addedColumns)
    if (columns.length === 0) continue
    for (const index of change.toTable.getIndexes())
      if (!changedIndexes[index.keyName] && index.columnNames.some((one) => columns.includes(one)))
        addedIndexes[index.keyName] ??= index
    for (const check of change.toTable.getChecks()) {
      const names = readNames(check.expression, texts)
      if (!changedChecks[check.name] && columns.some((one) => names.has(one)))
        addedChecks[check.name] ??= check
    }
  }
}
