import type { DatabaseSchema } from '@mikro-orm/postgresql'

/** What entities say that MikroORM writes as PostgreSQL cannot read it, with the way out; undefined where that is something else. */
export function explainUnreadable(schema: DatabaseSchema): string | undefined {
  const reasons = schema.getTables().flatMap((table) => [
    ...table
      .getColumns()
      .flatMap(({ name, default: value }) => [
        ...explainDot(table.name, name),
        ...explainDate(`${table.name}.${name}`, value ?? ''),
      ]),
    ...table
      .getIndexes()
      .filter(({ constraint, columns = [] }) => constraint && columns.some((one) => one.collation))
      .map(
        ({ keyName }) =>
          `The unique key ${keyName} of ${table.name} has a collation, and a constraint has none in PostgreSQL. Say it as an index: expression: 'create unique index "${keyName}" on …'.`,
      ),
    ...table
      .getTriggers()
      .flatMap(({ name, body }) => explainQuotes(`trigger ${name} of ${table.name}`, body)),
  ])
  const routines = schema
    .getRoutines()
    .flatMap(({ name, body }) => explainQuotes(`routine ${name}`, body))
  return [...reasons, ...routines].at(0)
}

function explainDot(table: string, column: string): string[] {
  return column.includes('.')
    ? [
        `The column ${column} of ${table} has a dot in its name, and MikroORM takes what is before it for a table. Give it another name with fieldName.`,
      ]
    : []
}

/** A Date as JavaScript prints it. */
const PRINTED = /^\w{3} \w{3} \d\d \d{4} [\d:]{8} GMT/

function explainDate(column: string, value: string): string[] {
  if (!PRINTED.test(value)) return []
  const iso = new Date(value).toISOString()
  return [
    `The default of ${column} is a Date, which MikroORM writes as JavaScript prints it. Say it as SQL: defaultRaw: "'${iso}'".`,
  ]
}

function explainQuotes(object: string, body = ''): string[] {
  return body.includes('$$')
    ? [
        `The body of the ${object} has $$ in it, and MikroORM quotes the whole of it with those. Write another tag there, such as $text$.`,
      ]
    : []
}
