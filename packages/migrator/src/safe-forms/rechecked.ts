import type { KnownObjects } from '../known/known-objects.ts'
import type { TypeChange } from '../known/type-changes.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { ended, type SafeForm } from './safe-form.ts'
import type { AlterPart } from './split.ts'
import { tableOf } from './table.ts'

/**
 * A type change that writes no row again, without the CHECKs of its columns: those are held against the rows afterwards,
 * beside reads and writes. Undefined where there is none.
 */
export async function recheckAfterwards(
  { statement: { relation } }: AlterPart,
  sql: string,
  changes: readonly TypeChange[],
  known: KnownObjects,
): Promise<SafeForm | undefined> {
  const [change] = changes
  const names = [...new Set(changes.flatMap(({ rechecked }) => rechecked))]
  // ONLY is about a parent whose children keep the constraint.
  if (!change || names.length === 0 || !relation?.inh) return undefined
  const commands: string[] = []
  const validations: string[] = []
  for (const one of names) {
    const name = quoteName(one)
    const { raw_expr, is_no_inherit } =
      known.table(change.table)?.constraints.get(one)?.definition ?? {}
    if (!raw_expr) return undefined
    const check = `check (${await deparseSql(raw_expr)})${is_no_inherit ? ' no inherit' : ''}`
    commands.push(`drop constraint ${name}`, `add constraint ${name} ${check} not valid`)
    validations.push(`alter table ${tableOf(relation)} validate constraint ${name};`)
  }
  return { statements: [ended([sql, ...commands].join(', ')), ...validations], isAlone: true }
}
