import type { ColumnDef } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { constraintsOf } from '../safe-forms/split.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { writeColumnType } from '../safe-forms/copy-column.ts'

type Columns = ReadonlyMap<string, ColumnDef>

/** What a new column has once the old release is gone: before, a default would be taken for a value that was written. */
export async function writeSettings(
  alter: string,
  added: Columns,
): Promise<[set: string[], unset: string[]]> {
  const [set, unset]: [string[], string[]] = [[], []]
  for (const [name, column] of added) {
    const of = `${alter} alter column ${quoteName(name)}`
    const preset = await readDefault(column)
    if (preset !== undefined) {
      set.push(`${of} set default ${preset};`)
      unset.unshift(`${of} drop default;`)
    }
    if (isRequired(column)) {
      set.push(`${of} set not null;`)
      unset.unshift(`${of} drop not null;`)
    }
  }
  return [set, unset]
}

export async function readDefault(column: ColumnDef): Promise<string | undefined> {
  const preset = constraintsOf(column).find(({ contype }) => contype === 'CONSTR_DEFAULT')
  return preset?.raw_expr && (await deparseSql(preset.raw_expr))
}

export const isRequired = (column: ColumnDef) =>
  constraintsOf(column).some(({ contype }) => contype === 'CONSTR_NOTNULL')

/**
 * Generated statements that make columns again as they were, and those that require values of them, which they must have
 * got before; what the archive has of them comes on top.
 */
export async function addAgain(
  table: Name,
  columns: Columns,
): Promise<{ readonly adds: readonly string[]; readonly requires: readonly string[] }> {
  const alter = `alter table ${quoteName(table.name, table.schema)}`
  const [adds, requires]: [string[], string[]] = [[], []]
  for (const [name, column] of columns) {
    const [preset, own] = [await readDefault(column), quoteName(name)]
    adds.push(`${alter} add column ${own} ${await writeColumnType(column)};`)
    if (preset !== undefined) adds.push(`${alter} alter column ${own} set default ${preset};`)
    if (!isRequired(column)) continue
    // What is in rows that were written since, and that nothing else gives a value.
    if (preset !== undefined)
      requires.push(
        `update ${quoteName(table.name, table.schema)} set ${own} = default where ${own} is null;`,
      )
    requires.push(`${alter} alter column ${own} set not null;`)
  }
  return { adds, requires }
}
