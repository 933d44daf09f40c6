import { Compiler, DEFAULT_ENTRY, MemoryProjectLayout } from '@dbml/parse'
import { lastName, shown, toIdentity } from '@techfacts/migrator/catalog'
import { describe, expect, test } from 'vitest'
import { readFacts } from '../testing/database.ts'
import { readMermaid } from '../testing/read-mermaid.ts'
import { SCHEMAS } from '../testing/schemas.ts'
import { drawSchema } from './index.ts'

describe.each(SCHEMAS)('$name', async ({ sql }) => {
  const { catalog, tables, columns, foreignKeys } = await readFacts(sql)

  test('Mermaid reads every table, column and foreign key', async () => {
    const diagram = readMermaid(await drawSchema({ catalog, format: 'mermaid' }))
    expect(diagram.tables.map(({ name }) => name).sort()).toEqual(tables.map(shown).sort())
    expect(diagram.tables.reduce((sum, table) => sum + table.columns, 0)).toBe(columns.length)
    expect(diagram.references.map(String).sort()).toEqual(
      foreignKeys
        .map(({ identity, from, to }) => String([shown(from), shown(to), lastName(identity)]))
        .sort(),
    )
  })

  test('DBML’s own parser reads every table, column and foreign key that DBML can have', async () => {
    const { errors, database } = readDbml(await drawSchema({ catalog, format: 'dbml' }))
    expect(errors).toEqual([])
    const read = database.tables.flatMap(({ schemaName, name, fields }) =>
      fields.map((field) => nameOf(schemaName, name, field.name)),
    )
    expect(read.sort()).toEqual(
      columns.map((one) => one.replaceAll('\u0007', '␇').replaceAll('\u0001', '␁')).sort(),
    )
    const ends = database.refs.map(({ endpoints }) =>
      endpoints.map((end) => [nameOf(end.schemaName, end.tableName), ...end.fieldNames]),
    )
    const expected = foreignKeys.map(({ from, columns, to, referenced }) => [
      [from, ...columns],
      [to, ...referenced],
    ])
    expect(sortAll(ends)).toEqual(sortAll(expected))
  })
})

function sortAll(ends: readonly unknown[]): string[] {
  return [...new Set(ends.map((one) => JSON.stringify(one)))].sort()
}

function readDbml(text: string) {
  const layout = new MemoryProjectLayout()
  const compiler = new Compiler(layout)
  layout.setSource(DEFAULT_ENTRY, text)
  const report = compiler.interpretFile(DEFAULT_ENTRY)
  const database = report.getValue()
  if (!database) throw new Error('DBML reads nothing.')
  return { errors: report.getErrors().map(String), database }
}

function nameOf(schema: string | null, ...names: string[]): string {
  return toIdentity(schema ?? 'public', ...names)
}
