import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** What the parser's types declare: kinds of nodes, those of statements that a text can have, and members by enum. */
export function readParserNames() {
  const enums = new Map<string, readonly string[]>()
  const declared = readTypes('enums.d.ts').matchAll(/export type (\w+) = ([^;]+);/g)
  for (const [, name = '', members = ''] of declared)
    enums.set(
      name,
      [...members.matchAll(/"(\w+)"/g)].map(([, member = '']) => member),
    )
  const kinds = [...readTypes('types.d.ts').matchAll(/^ {4}(\w+): \1;$/gm)].map(
    ([, kind = '']) => kind,
  )
  return {
    kinds,
    enums,
    statements: kinds.filter((kind) => /(?<!^(?:Raw|SetOperation|PLAssign))Stmt$/.test(kind)),
  }
}

function readTypes(file: string): string {
  return readFileSync(require.resolve(`@pgsql/types/${file}`), 'utf8')
}
