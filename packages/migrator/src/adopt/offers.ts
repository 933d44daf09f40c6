import type { Choice, Decisions } from './decisions.ts'
import { shown } from '../catalog/index.ts'
import { referenceOf, type Demand, type ForeignKey, type TableDemands } from './demands.ts'
import type { FosterRow } from './knowledge.ts'

/** A choice that a problem has, as it is typed, and what it does. */
export interface Offer {
  readonly kind: Choice['kind']
  readonly choice: string
  readonly says: string
}

export interface Surroundings {
  readonly tables: ReadonlyMap<string, TableDemands>
  readonly foster: Readonly<Record<string, FosterRow>>
}

/** What can be chosen for the rows that do not meet a demand. Pure. */
export function offersFor(table: TableDemands, demand: Demand, around: Surroundings): Offer[] {
  const fail: Offer = { kind: 'fail', choice: 'fail', says: 'refuse, and change nothing' }
  return [fail, ...valueOffers(table, demand, around), ...quarantineOffer(table, demand, around)]
}

/** True where a choice is one of those that are offered, whatever its value. */
export function isOffered(choice: Choice, offers: readonly Offer[]): boolean {
  return offers.some(
    (offer) =>
      offer.kind === choice.kind &&
      (choice.kind !== 'from' || offer.choice === `from=${choice.column}`) &&
      (choice.kind !== 'parent' ||
        offer.choice === (choice.via === undefined ? 'parent' : `parent=${choice.via}`)),
  )
}

/**
 * The decision about each demand by its own name: the one that names it, or else the last whose `*` cover it and
 * whose choices it has.
 */
export function resolveDecisions(decisions: Decisions, around: Surroundings): Decisions {
  const resolved = new Map<string, readonly Choice[]>()
  for (const table of around.tables.values()) {
    for (const demand of table.demands) {
      const offers = offersFor(table, demand, around)
      const [, covering] =
        [...decisions].findLast(
          ([name, choices]) =>
            covers(name, demand.name) && choices.every((choice) => isOffered(choice, offers)),
        ) ?? []
      const choices = decisions.get(demand.name) ?? covering
      if (choices) resolved.set(demand.name, choices)
    }
  }
  return resolved
}

/** `*` stands for anything: `*:null`, `reports.*`. */
export function covers(pattern: string, name: string): boolean {
  // RegExp.escape is younger than the oldest Node that a package must run on.
  const parts = pattern.split('*').map((part) => part.replaceAll(/[^\w]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`).test(name)
}

function valueOffers(table: TableDemands, demand: Demand, around: Surroundings): Offer[] {
  switch (demand.kind) {
    case 'null':
      return nullOffers(table, demand.column, around)
    case 'orphan':
      return [...fosterOffer(demand.foreignKey, around), ...nullOffer(table, demand.column)]
    case 'check':
      return checkOffers(table, demand)
    default:
      return []
  }
}

function nullOffers(table: TableDemands, column: string, around: Surroundings): Offer[] {
  const { type, default: value } = table.columns.get(column) ?? {}
  const others = [...table.columns].filter(([name, one]) => name !== column && one.type === type)
  const own = referenceOf(table, column)
  return [
    ...(value === undefined
      ? []
      : [{ kind: 'default', choice: 'default', says: `fill in ${value}` } as const]),
    ...(own ? fosterOffer(own, around) : []),
    ...parentsOf(table, column, around).map(({ via, parent }, _, { length }): Offer => ({
      kind: 'parent',
      choice: length === 1 ? 'parent' : `parent=${via}`,
      says: `fill in what its row of ${shown(parent.table)} has (${via})`,
    })),
    ...(own
      ? []
      : others
          .filter(() => /timestamp|date/.test(type ?? ''))
          .map(([name]): Offer => ({
            kind: 'from',
            choice: `from=${name}`,
            says: `copy ${name}`,
          }))),
    { kind: 'set', choice: 'set=VALUE', says: 'fill in this value' },
  ]
}

function checkOffers(
  table: TableDemands,
  { meaning }: Extract<Demand, { kind: 'check' }>,
): Offer[] {
  const [column] = meaning.columns
  if (column === undefined || meaning.columns.length > 1) return []
  const allowed = meaning.words?.join(', ')
  const map: Offer[] = allowed
    ? [{ kind: 'map', choice: 'map:WORD=WORD', says: `put one of ${allowed} in place of a word` }]
    : []
  const clamp: Offer[] = meaning.range
    ? [{ kind: 'clamp', choice: 'clamp', says: 'put the nearest allowed value' }]
    : []
  const set: Offer = { kind: 'set', choice: 'set=VALUE', says: 'put this value' }
  return [...map, ...clamp, set, ...nullOffer(table, column)]
}

function nullOffer(table: TableDemands, column: string): Offer[] {
  return table.columns.get(column)?.nullableAtHead
    ? [{ kind: 'null', choice: 'null', says: 'put NULL' }]
    : []
}

function fosterOffer({ references }: ForeignKey, { foster }: Surroundings): Offer[] {
  const row = foster[references]
  return row ? [{ kind: 'adopted', choice: 'adopted', says: `give it ${row.says}` }] : []
}

function quarantineOffer(table: TableDemands, demand: Demand, around: Surroundings): Offer[] {
  const dependents = dependentsOf(table.table, around.tables)
  if (!dependents) return []
  const along =
    dependents.length > 0 ? `, with what belongs to it in ${dependents.map(shown).join(', ')}` : ''
  const which = demand.kind === 'duplicate' ? 'keep the first, move the others' : 'move the row'
  return [
    {
      kind: 'quarantine',
      choice: 'quarantine',
      says: `${which} to migrator.quarantine${along}`,
    },
  ]
}

/**
 * The tables whose rows go when rows of `table` go. Undefined where one of them would not go but stay and change,
 * or stand in the way, or where a table belongs to itself: then no row of `table` is moved.
 */
export function dependentsOf(
  table: string,
  tables: Surroundings['tables'],
  above: readonly string[] = [],
): string[] | undefined {
  if (above.includes(table)) return undefined
  const found = new Set<string>()
  for (const child of tables.values()) {
    for (const { references, onDelete } of child.foreignKeys) {
      if (references !== table) continue
      const below = onDelete === 'cascade' && dependentsOf(child.table, tables, [...above, table])
      if (!below) return undefined
      for (const one of [child.table, ...below]) found.add(one)
    }
  }
  return [...found]
}

/** The parents through which a row's own value of a foreign key can be found: both point to the same table. */
export function parentsOf(
  table: TableDemands,
  column: string,
  { tables }: Surroundings,
): { via: string; key: string; parent: TableDemands; column: string }[] {
  const own = referenceOf(table, column)
  if (!own) return []
  return table.foreignKeys.flatMap((other) => {
    const parent = tables.get(other.references)
    const [via] = other.columns
    const [key] = other.referencedColumns
    if (!parent || other.columns.length !== 1 || via === undefined || key === undefined) return []
    const same = parent.foreignKeys.find(
      ({ references, columns }) => references === own.references && columns.length === 1,
    )
    const [theirs] = same?.columns ?? []
    if (via === column || theirs === undefined || parent.table === table.table) return []
    return [{ via, key, parent, column: theirs }]
  })
}
