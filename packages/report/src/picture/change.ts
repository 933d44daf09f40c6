import { diffCatalogs, lastName, type Catalog, type Difference } from '@techfacts/migrator/catalog'
import { toPicture } from './from-catalog.ts'
import type { Change, Column, EnumType, Label, Marked, Note, Picture, Table } from './model.ts'

/** Both states in one picture, with what is added, removed and altered marked. */
export function toChange(before: Catalog, after: Catalog): Picture {
  const [old, current] = [toPicture(before), toPicture(after)]
  const differences = diffCatalogs(before, after)
  const altered = new Set(
    differences.flatMap(({ what, kind, identity }) =>
      what === 'changed' ? [keyOf(kind, identity)] : [],
    ),
  )
  const isAltered = (kind: string) => (one: Identified) => altered.has(keyOf(kind, one.identity))
  const context = { notes: listNotes(differences), isAltered: isAltered('column') }
  const tables = merge(old.tables, current.tables, () => false)
  return {
    tables: tables.map(({ one, former, change }) =>
      change || !former ? { ...one, ...marked(change) } : mergeTable(former, one, context),
    ),
    references: merge(old.references, current.references, isAltered('constraint')).map(
      ({ one, change }) => ({ ...one, ...marked(change) }),
    ),
    enums: merge(old.enums, current.enums, () => false).map(({ one, former, change }) =>
      change || !former ? { ...one, ...marked(change) } : mergeEnum(former, one),
    ),
  }
}

interface Context {
  readonly notes: ReadonlyMap<string, readonly Note[]>
  readonly isAltered: (column: Column) => boolean
}

/** A table that both have. */
function mergeTable(former: Table, table: Table, { notes, isAltered }: Context): Table {
  const columns = merge(former.columns, table.columns, isAltered).map(
    ({ one, former, change }): Column => ({
      ...one,
      ...(former && former.type !== one.type && { formerType: former.type }),
      ...marked(change),
    }),
  )
  const uniqueKeys = merge(former.uniqueKeys, table.uniqueKeys, () => false).map(
    ({ one, change }) => ({ ...one, ...marked(change) }),
  )
  const more = notes.get(table.identity) ?? []
  const isTouched = [...columns, ...uniqueKeys, ...more].some(({ change }) => change)
  return {
    ...table,
    columns,
    uniqueKeys,
    notes: [...table.notes, ...more],
    ...(isTouched && { change: 'altered' }),
  }
}

function mergeEnum(former: EnumType, { identity, labels }: EnumType): EnumType {
  const merged = merge(former.labels.map(identify), labels.map(identify), () => false).map(
    ({ one, change }) => ({ text: one.text, ...marked(change) }),
  )
  const isTouched = merged.some(({ change }) => change)
  return { identity, labels: merged, ...(isTouched && { change: 'altered' }) }
}

function identify({ text }: Label): Label & Identified {
  return { text, identity: text }
}

interface Identified {
  readonly identity: string
}

interface Merged<Item> {
  /** As it is after the change, or was where it is removed. */
  readonly one: Item
  readonly former: Item | undefined
  readonly change: Change | undefined
}

/** What both have, in the order that it has after the change; what is removed comes last. */
function merge<Item extends Identified>(
  before: readonly Item[],
  after: readonly Item[],
  isAltered: (item: Item) => boolean,
): Merged<Item>[] {
  const old = new Map(before.map((one) => [one.identity, one]))
  const kept = new Set(after.map(({ identity }) => identity))
  const removed = before.filter(({ identity }) => !kept.has(identity))
  return [
    ...after.map((one) => {
      const former = old.get(one.identity)
      const change = former ? (isAltered(one) ? 'altered' : undefined) : 'added'
      return { one, former, change } as const
    }),
    ...removed.map((one) => ({ one, former: one, change: 'removed' }) as const),
  ]
}

/** What changes of a table and has no row and no line: indexes, checks, its primary key, triggers, policies, partitions. */
function listNotes(differences: readonly Difference[]): ReadonlyMap<string, readonly Note[]> {
  const notes = differences.flatMap(toNotes)
  return new Map(
    [...Map.groupBy(notes, ({ of }) => of)].map(([of, found]) => [
      of,
      found.map(({ note }) => note),
    ]),
  )
}

function toNotes({ kind, identity, what, changes, here, there }: Difference) {
  const one = there ?? here
  const change = CHANGES[what]
  if (one?.kind === 'table') {
    if (what === 'changed')
      return changes.map(({ property }) => ({
        of: identity,
        note: { text: toWords(property), change },
      }))
    if (one.partitionOf === undefined) return []
    return [{ of: one.partitionOf, note: { text: `partition ${lastName(identity)}`, change } }]
  }
  if (!one || !('of' in one) || kind === 'column') return []
  if (one.kind === 'index' && one.constraint !== undefined) return []
  if (one.kind === 'constraint') {
    const hasRow = one.type === 'unique' && (one.columns?.length ?? 0) > 1 && what !== 'changed'
    if (one.type === 'foreign key' || hasRow) return []
  }
  const type = one.kind === 'constraint' ? one.type : kind
  return [{ of: one.of, note: { text: `${type} ${lastName(identity)}`, change } }]
}

/** As seen from the state before. */
const CHANGES: Readonly<Record<Difference['what'], Change>> = {
  missing: 'added',
  extra: 'removed',
  changed: 'altered',
}

/** `rowSecurity` → `row security` */
function toWords(property: string): string {
  return property.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function marked(change: Change | undefined): Marked {
  return change === undefined ? {} : { change }
}

function keyOf(kind: string, identity: string): string {
  return `${kind} ${identity}`
}
