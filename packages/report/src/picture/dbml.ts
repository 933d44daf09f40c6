import { showControls } from './xml.ts'
import { lastName, splitIdentity } from '@techfacts/migrator/catalog'
import type { Column, EnumType, Picture, Reference, Table } from './model.ts'

/**
 * Writes a picture as DBML (dbdiagram.io). Every name is quoted. What DBML cannot have, as a table without columns, is a
 * comment.
 */
export function writeDbml({ tables, references, enums }: Picture): string {
  const parts = [
    ...enums.map(writeEnum),
    ...tables.map(writeTable),
    ...references.map((reference, index) =>
      hasTwin(reference, references.slice(0, index)) || refersToItself(reference)
        ? `// ${quote(lastName(reference.identity))}: DBML has no second Ref of the same columns.`
        : writeReference(reference),
    ),
  ]
  return `${parts.join('\n\n')}\n`
}

function writeEnum({ identity, labels }: EnumType): string {
  const written = labels.map(({ text }) => `  ${quote(text)}`)
  if (labels.length === 0) return `// enum ${quotePath(identity)} has no labels.`
  return [`Enum ${quotePath(identity)} {`, ...written, '}'].join('\n')
}

function writeTable(table: Table): string {
  const { identity, columns, primaryKey, uniqueKeys, comment, notes } = table
  if (columns.length === 0) return `// table ${quotePath(identity)} has no columns.`
  const indexes = [
    ...(primaryKey.length > 1 ? [`    ${listNames(primaryKey)} [pk]`] : []),
    ...uniqueKeys.map(
      (key) => `    ${listNames(key.columns)} [unique, name: ${quote(lastName(key.identity))}]`,
    ),
  ]
  const note = [...(comment === undefined ? [] : [comment]), ...notes.map(({ text }) => text)]
  return [
    `Table ${quotePath(identity)} {`,
    ...columns.map((column) => writeColumn(column, primaryKey.length === 1)),
    ...(indexes.length > 0 ? ['', '  indexes {', ...indexes, '  }'] : []),
    ...(note.length > 0 ? ['', `  Note: ${quoteText(note.join('\n'))}`] : []),
    '}',
  ].join('\n')
}

function writeColumn(column: Column, isPrimaryAlone: boolean): string {
  const { name, isPrimary, isUnique, isNotNull, default: value = '', comment } = column
  const settings = [
    ...(isPrimary && isPrimaryAlone ? ['pk'] : []),
    ...(isUnique ? ['unique'] : []),
    ...(isNotNull ? ['not null'] : []),
    ...(EXPRESSION.test(value) ? [`default: \`${value}\``] : []),
    ...(comment === undefined ? [] : [`note: ${quoteText(comment)}`]),
  ]
  return `  ${quote(name)} ${writeType(column.type)}${writeSettings(settings)}`
}

/** What may stand between two backticks. */
const EXPRESSION = /^[^`\p{Cc}]+$/u

/** PostgreSQL's own types have spaces; a type of the schema has a path, to its enum. */
function writeType(type: string): string {
  const path = splitIdentity(type)
  return path.length > 1 && !type.endsWith(']') ? path.map(quote).join('.') : quote(type)
}

function writeReference(reference: Reference): string {
  const { identity, from, columns, to, referencedColumns, isUnique, onDelete, onUpdate } = reference
  const settings = [
    ...(onDelete === undefined ? [] : [`delete: ${onDelete}`]),
    ...(onUpdate === undefined ? [] : [`update: ${onUpdate}`]),
  ]
  const end = (table: string, names: readonly string[]) =>
    `${quotePath(table)}.${names.length === 1 ? names.map(quote).join('') : listNames(names)}`
  const ends = `${end(from, columns)} ${isUnique ? '-' : '>'} ${end(to, referencedColumns)}`
  return `Ref ${quote(lastName(identity))}: ${ends}${writeSettings(settings)}`
}

function hasTwin(reference: Reference, others: readonly Reference[]): boolean {
  return others.some((other) => endsOf(other) === endsOf(reference))
}

function refersToItself({ from, columns, to, referencedColumns }: Reference): boolean {
  return from === to && columns.join('\0') === referencedColumns.join('\0')
}

function endsOf({ from, columns, to, referencedColumns }: Reference): string {
  return JSON.stringify([from, columns, to, referencedColumns])
}

function writeSettings(settings: readonly string[]): string {
  return settings.length === 0 ? '' : ` [${settings.join(', ')}]`
}

function listNames(names: readonly string[]): string {
  return `(${names.map(quote).join(', ')})`
}

function quotePath(identity: string): string {
  return splitIdentity(identity).map(quote).join('.')
}

function quote(name: string): string {
  return `"${escape(name).replaceAll('"', '\\"')}"`
}

function quoteText(text: string): string {
  return `'${escape(text).replaceAll("'", "\\'")}'`
}

/** One line, of which DBML reads the text as it is. */
function escape(text: string): string {
  return showControls(
    text
      .replaceAll('\\', '\\\\')
      .replaceAll('\n', '\\n')
      .replaceAll('\r', '\\r')
      .replaceAll('\t', '\\t'),
  )
}
