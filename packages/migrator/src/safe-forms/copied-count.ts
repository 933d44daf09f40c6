import type { KnownObjects } from '../known/known-objects.ts'
import { sequenceName } from '../known/known-table.ts'
import { readType, SEQUENCE_TYPES } from '../known/parts.ts'
import type { TypeChange } from '../known/type-changes.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { constraintsOf } from './split.ts'
import type { CountingSequence } from './copy-checks.ts'
import { isCounted } from './why-rewritten.ts'

/** How a column is counted, and how another one that takes its place goes on where it was. */
export interface Count {
  readonly sequence: CountingSequence
  /** Relations that {@link Count.move} makes. */
  readonly makes: readonly string[]
  /** While the old column is there: its sequence would go with it. */
  readonly move: readonly string[]
  /** When it is gone. */
  readonly takeName: readonly string[]
}

type Counted = Pick<TypeChange, 'table' | 'name' | 'from' | 'to'>

/** Undefined of a column that no known sequence counts, and of one that gets values which no sequence gives. */
export async function planCount(
  change: Counted,
  next: string,
  known: KnownObjects,
): Promise<Count | undefined> {
  const { table, name, from, to } = change
  const sequence = known.table(table)?.sequences.get(name)
  const type = SEQUENCE_TYPES.get(readType(to).name)
  if (sequence === undefined || type === undefined) return undefined
  const alter = `alter table ${quoteName(table.name, table.schema)} alter column ${quoteName(next)}`
  const identity = constraintsOf(from ?? {}).find(({ contype }) => contype === 'CONSTR_IDENTITY')
  const counts = quoteName(sequence, table.schema)
  if (!identity)
    return {
      sequence: { name: sequence, isReplaced: false, isPlain: true },
      makes: [],
      move: [
        `alter sequence ${counts} owned by ${quoteName(table.name, table.schema)}.${quoteName(next)};`,
        `alter sequence ${counts} as ${type};`,
        `${alter} set default nextval(${quoteLiteral(counts)}::regclass);`,
      ],
      takeName: [],
    }
  // The sequence of an identity belongs to its column for good.
  const made = sequenceName(table, next) ?? ''
  const again = quoteName(made, table.schema)
  return {
    sequence: { name: sequence, isReplaced: true, isPlain: identity.options === undefined },
    makes: [made],
    move: [
      `${alter} add ${await deparseSql([{ Constraint: identity }])};`,
      `select setval(${quoteLiteral(again)}, last_value, is_called) from ${counts};`,
    ],
    takeName: [`alter sequence ${again} rename to ${quoteName(sequence)};`],
  }
}

/** Why another column cannot go on where a counted one was, in words that follow "since". */
export function whyNotCounted(change: Counted, known: KnownObjects): string | undefined {
  const { table, name, to } = change
  const isKnown = known.table(table)?.sequences.has(name) === true
  if (!isKnown && !isCounted(change)) return undefined
  if (!isKnown || sequenceName(table, `${name}_new`) === undefined)
    return 'the name of its sequence is too long to be known'
  return SEQUENCE_TYPES.has(readType(to).name) ? undefined : 'its sequence gives whole numbers'
}
