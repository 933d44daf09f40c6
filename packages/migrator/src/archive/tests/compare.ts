import { diffCatalogs, renderDifferences } from '../../catalog/index.ts'
import type { Position, Row, Snapshot } from './snapshot.ts'

/** How one thing is not what it was. */
export interface Difference {
  readonly object: string
  readonly what: 'table' | 'rows' | 'sequence' | 'schema'
  readonly missing: readonly string[]
  readonly extra: readonly string[]
}

/** Rows that somebody else has written, by table and id: they are judged on their own. */
export type Touched = ReadonlyMap<string, ReadonlySet<string>>

export function compare(before: Snapshot, after: Snapshot, touched: Touched): Difference[] {
  return [
    ...compareTables(before, after, touched),
    ...[...before.sequences].flatMap(([object, position]) =>
      compareSequence(object, position, after.sequences.get(object)),
    ),
    ...compareSchemas(before, after),
  ]
}

function compareTables(before: Snapshot, after: Snapshot, touched: Touched): Difference[] {
  const names = new Set([...before.tables.keys(), ...after.tables.keys()])
  return [...names].flatMap((object): Difference[] => {
    const [then, now] = [before.tables.get(object), after.tables.get(object)]
    const ids = touched.get(object) ?? new Set()
    const textsOf = (rows: readonly Row[] = []) =>
      rows.filter(({ id }) => id === null || !ids.has(id)).map(({ text }) => text)
    const [missing, extra] = [
      without(textsOf(then), textsOf(now)),
      without(textsOf(now), textsOf(then)),
    ]
    if (!then !== !now) return [{ object, what: 'table', missing, extra }]
    if (missing.length + extra.length === 0) return []
    return [{ object, what: 'rows', missing, extra }]
  })
}

const next = ({ last, isCalled, increment }: Position) => (isCalled ? last + increment : last)

/** A number that was given out must not be given out again; that some are left out is no loss. */
function compareSequence(object: string, then: Position, now: Position | undefined): Difference[] {
  const say = (position: Position) => `next is ${next(position)}`
  const isBehind = now && (next(now) - next(then)) * (then.increment < 0n ? -1n : 1n) < 0n
  if (now && !isBehind) return []
  return [{ object, what: 'sequence', missing: [say(then)], extra: now ? [say(now)] : [] }]
}

function compareSchemas(before: Snapshot, after: Snapshot): Difference[] {
  const differences = diffCatalogs(after.catalog, before.catalog)
  if (differences.length === 0) return []
  const lines = renderDifferences(differences)
  return [{ object: 'the schema', what: 'schema', missing: [], extra: [lines].flat() }]
}

/** The members of `all` that `others` has fewer of. */
function without(all: readonly string[], others: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const other of others) counts.set(other, (counts.get(other) ?? 0) + 1)
  return all.filter((one) => {
    const count = counts.get(one) ?? 0
    counts.set(one, count - 1)
    return count <= 0
  })
}
