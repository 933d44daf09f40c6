import { lastName, shown } from '@techfacts/migrator/catalog'
import type { Column, Picture, Reference, Table } from './model.ts'
import { shortenType } from './types.ts'

/**
 * Writes a picture as Mermaid's erDiagram. Mermaid quotes names of tables and labels, and has entity codes (`#quot;`) for what
 * it cannot quote. Names of columns and types are words of few letters there: one that is not is written with `_`, and stands
 * beside it as it is.
 */
export function writeMermaid({ tables, references }: Picture): string {
  return ['erDiagram', ...tables.flatMap(writeTable), ...references.map(writeReference), ''].join(
    '\n',
  )
}

function writeTable({ identity, columns }: Table): string[] {
  return [`  ${quote(shown(identity))} {`, ...columns.map(writeColumn), '  }']
}

function writeColumn(column: Column): string {
  const { name, type, isPrimary, isForeign, isUnique, isNotNull } = column
  const [word, typeWord] = [toWord(name), toWord(shortenType(type))]
  const keys = [isPrimary && 'PK', isForeign && 'FK', isUnique && !isPrimary && 'UK'].filter(
    Boolean,
  )
  const remarks = [word === name ? '' : name, isNotNull ? '' : 'null'].filter(Boolean)
  return [
    `    ${typeWord} ${word}`,
    ...(keys.length > 0 ? [keys.join(', ')] : []),
    ...(remarks.length > 0 ? [quote(remarks.join(' '))] : []),
  ].join(' ')
}

/** A whole line where the foreign key is part of the primary key: the row is nothing without the other one. */
function writeReference({ identity, from, to, ...key }: Reference): string {
  const [many, one] = [key.isUnique ? '|o' : '}o', key.isOptional ? 'o|' : '||']
  const line = key.isIdentifying ? '--' : '..'
  return `  ${quote(shown(from))} ${many}${line}${one} ${quote(shown(to))} : ${quote(lastName(identity))}`
}

function quote(text: string): string {
  const escaped = text
    .replaceAll(/["%\\#;<>&~`]|\p{Cc}/gu, toCode)
    .replaceAll(/(direction)(\s)/gi, (_, word: string, space: string) => word + toCode(space))
  return `"${escaped}"`
}

function toCode(character: string): string {
  return character === '"' ? '#quot;' : `#${character.codePointAt(0)};`
}

function toWord(text: string): string {
  const word = text.replaceAll(/[^A-Za-z0-9\-_[\](),.\u00C0-\uFFFF]|\s/g, '_')
  return /^[A-Za-z_\u00C0-\uFFFF]/.test(word) && !/^(pk|fk|uk)\b/i.test(word) ? word : `_${word}`
}
