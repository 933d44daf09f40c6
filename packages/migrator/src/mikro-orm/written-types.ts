import type { Node, TypeName } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { toWhole } from '../known/parts.ts'
import { checksum } from '../sql/checksum.ts'
import { readName } from '../sql/names.ts'
import type { Texts } from '../sql/parse.ts'
import { findMade } from './made-table.ts'

/** A column as MikroORM's comparator knows it. */
export interface TypedColumn {
  readonly name: string
  /** As the entity writes it, or MikroORM for it. */
  type: string
  /** The expression that computes it. */
  readonly generated?: string
  readonly nullable?: boolean
  readonly ignoreSchemaChanges?: readonly string[]
}

export const isIdentity = ({ generated }: TypedColumn) => generated?.endsWith('identity') === true

const isComputed = (column: TypedColumn) => Boolean(column.generated) && !isIdentity(column)

interface TypedTable {
  readonly name: string
  readonly schema?: string
  getColumns(): readonly TypedColumn[]
}

/** Types of columns, by their texts. */
export class WrittenTypes {
  readonly #texts: Texts
  /** Columns of a snapshot that no text of a migration makes. */
  readonly #unknown = new WeakSet<TypedColumn>()

  constructor(texts: Texts) {
    this.#texts = texts
  }

  /**
   * True where two columns of entities have types that differ as they are written. MikroORM compares them by what they are
   * in JavaScript, and takes a timestamp for a timestamptz, json for jsonb, and one array for any other.
   */
  differ(one: TypedColumn, other: TypedColumn): boolean {
    const isIgnored = [one, other].some(
      ({ generated, ignoreSchemaChanges }) => generated || ignoreSchemaChanges?.includes('type'),
    )
    if (isIgnored || this.#key(one.type) === this.#key(other.type)) return false
    return ![one, other].some((column) => this.#unknown.has(column)) || !this.#mayBeOne(one, other)
  }

  /** True where either may be what a snapshot has made of the other. */
  #mayBeOne(one: TypedColumn, other: TypedColumn): boolean {
    const [first, second] = [one, other].map(({ type }) => this.#texts.readType(type))
    if (!first || !second) return false
    const [a, b] = [partsOf(first), partsOf(second)]
    return isBlurred(a, b) || isBlurred(b, a)
  }

  /**
   * True where two computed columns are not the same one: PostgreSQL keeps none of such a column, and MikroORM, which has found
   * `differs`, compares its expression alone.
   */
  isComputedAnew(one: TypedColumn, other: TypedColumn, differs: ReadonlySet<string>): boolean {
    if (![one, other].every(isComputed)) return false
    return (
      differs.has('generated') ||
      one.nullable !== other.nullable ||
      this.#key(one.type) !== this.#key(other.type)
    )
  }

  #key(text: string): string {
    const type = this.#texts.readType(text)
    return type ? checksum(partsOf(type)) : text.toLowerCase()
  }

  /**
   * Gives the columns of a snapshot the types that the migrations have made: a snapshot has a length that nobody has written
   * (`numeric` is numeric(10,0) there), and loses the brackets of some arrays and the fields of an interval. Where code has made
   * a column, nobody knows: such types are one.
   */
  restore(tables: readonly TypedTable[], known: KnownObjects): void {
    for (const table of tables) {
      const made = findMade(known, table)
      for (const column of table.getColumns()) {
        const type = made?.columns.get(column.name)?.typeName
        const held = this.#texts.readType(column.type)
        if (!type) this.#unknown.add(column)
        if (type && held && isBlurred(partsOf(held), partsOf(type)))
          column.type = this.#texts.writeType(type)
      }
    }
  }
}

interface Parts {
  readonly name: string
  readonly sizes: readonly Node[]
  readonly dimensions: number
}

function partsOf(type: TypeName): Parts {
  const { name } = readName({ TypeName: type })
  const { typmods = [], arrayBounds = [] } = type
  const isUnscaled = name === 'numeric' && typmods.length === 1
  const sizes = isUnscaled ? [...typmods, ZERO] : typmods
  return { name: toWhole(name), sizes, dimensions: arrayBounds.length }
}

const size = (ival: number): Node => ({ A_Const: { ival: ival === 0 ? {} : { ival } } })
const ZERO = size(0)

/** What MikroORM writes into a snapshot where it has found no length: `numeric(8)` has one, and no scale. */
const GIVEN = new Set([[size(6)], [size(10), ZERO]].map(checksum))

/** Whether a snapshot that `held` one type may have been made of the other. */
function isBlurred(held: Parts, made: Parts): boolean {
  if (held.name !== made.name || checksum(held) === checksum(made)) return false
  if (held.name === 'interval') return true
  if (held.dimensions === 0 && checksum(held.sizes) === checksum(made.sizes)) return true
  const [, scale = ZERO] = made.sizes
  const isUnread = made.sizes.length === 0 || held.name === 'numeric'
  return isUnread && checksum(scale) === checksum(ZERO) && GIVEN.has(checksum(held.sizes))
}
