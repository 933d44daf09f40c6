import type { Node } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { sequenceName } from '../known/known-table.ts'
import { listCommands, readType, SEQUENCE_TYPES, toWhole, type Alteration } from '../known/parts.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { learnFollowing, readOne } from './renamed-objects.ts'

/**
 * Statements in which a column that begins to count has a sequence of its own, as a serial one has, and one that counts no
 * longer has none: MikroORM makes one that belongs to nothing, and leaves the other there.
 */
export async function countSafely(
  statements: readonly string[],
  known: KnownObjects,
): Promise<readonly string[]> {
  const result = statements.map((text) => [text])
  // A table and its sequence may have other names by now.
  const there = known.copy()
  for (const [n, text] of statements.entries()) {
    const node = await readOne(text)
    if (!node) continue
    const [change, ...others] = listCommands(node, 'ColumnDefault')
    const sequence = change && there.table(change.table)?.sequences.get(change.name)
    await learnFollowing(node, there)
    if (!change || others.length > 0) continue
    if (isCount(change.command.def)) {
      const [makes = '', sets = ''] = statements.slice(Math.max(0, n - 2), n)
      if (!makes.startsWith('create sequence ') || !sets.startsWith('select setval(')) continue
      const counted = writeCount(change, there)
      if (counted) result.splice(n - 2, 3, [], [], counted)
    } else if (sequence !== undefined)
      result[n]?.push(`drop sequence ${quoteName(sequence, change.table.schema)};`)
  }
  return result.flat()
}

function isCount(def: Node | undefined): boolean {
  const [name] = def && 'FuncCall' in def ? (def.FuncCall.funcname ?? []).slice(-1) : []
  return name !== undefined && 'String' in name && name.String.sval === 'nextval'
}

function writeCount({ table, name }: Alteration, known: KnownObjects): string[] | undefined {
  const column = known.table(table)?.columns.get(name)
  const type = column && SEQUENCE_TYPES.get(toWhole(readType(column).name))
  const sequence = sequenceName(table, name)
  if (type === undefined || sequence === undefined) return undefined
  const [owner, counted] = [quoteName(table.name, table.schema), quoteName(name)]
  const target = quoteName(sequence, table.schema)
  return [
    `create sequence if not exists ${target} as ${type} owned by ${owner}.${counted};`,
    `select setval(${quoteLiteral(target)}, (select max(${counted}) from ${owner}));`,
    `alter table ${owner} alter column ${counted} set default nextval(${quoteLiteral(target)});`,
  ]
}
