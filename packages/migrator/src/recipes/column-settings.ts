import type { ColumnDef } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { constraintsOf } from '../safe-forms/split.ts'
import { fitName } from '../safe-forms/table.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { writeColumnType } from './column-type.ts'

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

/** Columns as they were, still empty, and without NOT NULL. */
export async function addColumns(alter: string, columns: Columns): Promise<string[]> {
  const adds: string[] = []
  for (const [name, column] of columns) {
    const preset = await readDefault(column)
    adds.push(`${alter} add column ${quoteName(name)} ${await writeColumnType(column)};`)
    if (preset !== undefined)
      adds.push(`${alter} alter column ${quoteName(name)} set default ${preset};`)
  }
  return adds
}

/** Once they have their values. */
export function requireColumns({ name: table, schema }: Name, columns: Columns): string[] {
  const alter = `alter table ${quoteName(table, schema)}`
  return [...columns].flatMap(([name, column]) =>
    isRequired(column) ? requireColumn(alter, `${table}_${name}_is_set`, quoteName(name)) : [],
  )
}

/** A CHECK that is validated tells SET NOT NULL that no row has to be read again. */
function requireColumn(alter: string, name: string, column: string): string[] {
  const check = quoteName(fitName(name))
  return [
    `${alter} add constraint ${check} check (${column} is not null) not valid;`,
    `${alter} validate constraint ${check};`,
    `${alter} alter column ${column} set not null;`,
    `${alter} drop constraint ${check};`,
  ]
}
