import type { Pool } from './references.ts'
import type { Scene } from './scene.ts'
import type { Column, ForeignKey, Table } from './tables.ts'
import { drawValue, listEdges, type AcceptedValues, type Value } from './values.ts'
import type { Random } from './random.ts'

/** A row before it is inserted. A column that has no value here is left to PostgreSQL. */
export interface Draft {
  readonly table: Table
  readonly values: Map<string, Value>
  readonly references: readonly Reference[]
}

/** A foreign key with what it may reference. One without anything references a row of the same statement, or nothing. */
export interface Reference {
  readonly key: ForeignKey
  readonly pool: Pool
  isNull: boolean
  /** Counts on from a random start, so that redrawing tries each. */
  turn: number
}

/**
 * For each column the values that its first rows begin with: all edges, NULL where it may be, and ordinary ones, in an
 * order that the seed decides.
 */
export type Decks = ReadonlyMap<string, readonly Value[]>

/** One value of so many is NULL. */
const NULL_EVERY = 7

export function shuffleDecks(table: Table, random: Random, accepted: AcceptedValues): Decks {
  const decks = table.columns.map(({ name, type, isNullable }): [string, Value[]] => {
    // One that is infinite would exclude all others.
    const isExclusive = table.keys.some((key) => key.isExclusion && key.columns.includes(name))
    const edges = isExclusive ? [] : listEdges(type, accepted)
    const ordinary = Array.from({ length: Math.max(4, edges.length / 3) }, () =>
      drawValue(type, random, accepted),
    )
    const deck = random.shuffle([...edges, ...ordinary])
    // At a place in each few rows, whatever else chance deals.
    const place = random.int(0, Math.min(deck.length, NULL_EVERY - 1))
    for (let i = isNullable ? place : Infinity; i <= deck.length; i += NULL_EVERY)
      deck.splice(i, 0, null)
    return [name, deck]
  })
  return new Map(decks)
}

/** Values for all columns: from the decks, or ordinary ones. */
export function drawRow(
  { table, values, references }: Draft,
  common: Pick<Scene, 'random' | 'accepted'>,
  deck?: { readonly decks: Decks; readonly number: number },
): void {
  for (const column of table.columns) {
    if (column.filledBy !== undefined) {
      values.delete(column.name)
      continue
    }
    const all = deck?.decks.get(column.name) ?? []
    const dealt = deck && all[deck.number % all.length]
    const value = dealt === undefined ? drawOrdinary(column, common) : dealt
    values.set(column.name, value)
  }
  for (const [i, reference] of common.random.shuffle(references).entries()) {
    reference.isNull = deck !== undefined && (deck.number + i) % 5 === 3
    reference.turn = common.random.int(0, reference.pool.length)
    chooseReferenced(values, reference, table)
  }
}

function drawOrdinary(
  column: Column,
  { random, accepted }: Pick<Scene, 'random' | 'accepted'>,
): Value {
  if (column.isNullable && random.chance(0.1)) return null
  return drawValue(column.type, random, accepted)
}

/** Points a foreign key at one of what it may reference: where it shares columns with another, at one that agrees. */
function chooseReferenced(values: Map<string, Value>, reference: Reference, table: Table): void {
  const { key, pool, isNull } = reference
  const nullable = findNullable(key, table)
  if ((isNull || pool.length === 0) && nullable.length > 0) {
    for (const name of nullable) values.set(name, null)
    return
  }
  if (pool.length === 0) return
  const shared = key.columns.flatMap((name, i) => (isShared(name, key, table) ? [{ name, i }] : []))
  const agreeing = pool.filter((one) => shared.every(({ name, i }) => one[i] === values.get(name)))
  const open = agreeing.length > 0 ? agreeing : pool
  const chosen = open[reference.turn % open.length]
  reference.turn += 1
  for (const [i, name] of key.columns.entries()) values.set(name, chosen?.[i] ?? null)
}

/** The columns with which it references nothing: any that may be NULL, or all for MATCH FULL. */
export function findNullable(key: ForeignKey, table: Table): readonly string[] {
  const nullable = key.columns.filter(
    (name) => table.columns.find((column) => column.name === name)?.isNullable,
  )
  return key.isFull && nullable.length < key.columns.length ? [] : nullable
}

function isShared(name: string, key: ForeignKey, table: Table): boolean {
  return table.foreignKeys.some((other) => other !== key && other.columns.includes(name))
}

/** Another value for a column: if a foreign key decides it, of all that key's columns. */
export function redrawColumn(
  draft: Draft,
  column: Column,
  { random, accepted }: Pick<Scene, 'random' | 'accepted'>,
): void {
  if (column.filledBy === 'generated') return
  const reference = random
    .shuffle(draft.references)
    .find(({ key, pool }) => key.columns.includes(column.name) && pool.length > 0)
  if (!reference) {
    const edges = random.chance(0.1) ? listEdges(column.type, accepted) : []
    const drawn = edges.length > 0 ? random.pick(edges) : drawValue(column.type, random, accepted)
    draft.values.set(column.name, drawn)
    return
  }
  reference.isNull = false
  chooseReferenced(draft.values, reference, draft.table)
}
