import { LONGEST_NAME } from '../../catalog/identity.ts'
import type { Rule } from '../rule.ts'

export const nameTooLong: Rule = {
  id: 'name-too-long',
  level: 'error',
  hazards: ['wrong-object'],
  problem: `a name has at most ${LONGEST_NAME} bytes, and PostgreSQL cuts off the rest.`,
  why: 'It says so in a notice alone. Two names with the same beginning become one, and what looks for the whole name does not find it.',
  instead: 'Give a shorter name.',
  isOfNewTables: true,
  check({ sql }) {
    return [...new Set(namesIn(sql))]
      .filter((name) => Buffer.byteLength(name) > LONGEST_NAME)
      .map((about) => ({ about }))
  },
  example: {
    given: 'create table t (id bigint primary key)',
    unsafe: `alter table t add column ${'a_long_name_'.repeat(6)} int`,
    safe: `alter table t add column ${'a_long_name_'.repeat(5)} int`,
    differs: 'the name is shorter',
  },
}

/** Names, and before them what is no name: texts, bodies, comments. The parser cuts names off as the server does. */
const TOKENS =
  /'(?:[^']|'')*'|\$(\w*)\$[^]*?\$\1\$|--[^\n]*|\/\*[^]*?\*\/|"((?:[^"]|"")*)"|([\p{L}_][\p{L}\p{N}_$]*)/gu

function namesIn(sql: string): string[] {
  return [...sql.matchAll(TOKENS)].flatMap(([, , quoted, plain]) => {
    const name = quoted?.replaceAll('""', '"') ?? plain
    return name === undefined ? [] : [name]
  })
}
