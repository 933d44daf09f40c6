import { shown } from '../catalog/index.ts'
import type { Choice, Decisions } from './decisions.ts'
import type { PlaceholderParent } from './known-schemas.ts'
import {
  findReference,
  type AdoptedTable,
  type ForeignKey,
  type PendingConstraint,
} from './pending-constraints.ts'

/** A choice that a problem has, as it is typed, and what it does. */
export interface RepairOption {
  readonly kind: Choice['kind']
  readonly choice: string
  readonly description: string
}

/** All tables of a database, and the parents that rows without one can be given to. */
export interface AdoptedTables {
  readonly tables: ReadonlyMap<string, AdoptedTable>
  readonly placeholderParents: Readonly<Record<string, PlaceholderParent>>
}

export const REFUSE: RepairOption = {
  kind: 'fail',
  choice: 'fail',
  description: 'refuse, and change nothing',
}

/** Lists what can be done with the rows that violate a constraint. Pure. */
export function listRepairOptions(
  table: AdoptedTable,
  constraint: PendingConstraint,
  all: AdoptedTables,
): RepairOption[] {
  return [
    REFUSE,
    ...valueOptions(table, constraint, all),
    ...quarantineOption(table, constraint, all),
  ]
}

/** True where a choice is among the options, whatever its value. */
export function isAvailable(choice: Choice, options: readonly RepairOption[]): boolean {
  return options.some(
    (option) =>
      option.kind === choice.kind &&
      (choice.kind !== 'from' || option.choice === `from=${choice.column}`) &&
      (choice.kind !== 'parent' ||
        option.choice === (choice.via === undefined ? 'parent' : `parent=${choice.via}`)),
  )
}

/**
 * Finds the decision about each constraint: the one that names it, or else the last whose `*` matches it and whose
 * choices it has.
 */
export function resolveDecisions(decisions: Decisions, all: AdoptedTables): Decisions {
  const resolved = new Map<string, readonly Choice[]>()
  for (const table of all.tables.values()) {
    for (const constraint of table.pending) {
      const options = listRepairOptions(table, constraint, all)
      const [, matching] =
        [...decisions].findLast(
          ([name, choices]) =>
            matchesName(name, constraint.name) &&
            choices.every((choice) => isAvailable(choice, options)),
        ) ?? []
      const choices = decisions.get(constraint.name) ?? matching
      if (choices) resolved.set(constraint.name, choices)
    }
  }
  return resolved
}

/** `*` matches anything: `*:null`, `reports.*`. */
export function matchesName(pattern: string, name: string): boolean {
  // RegExp.escape is newer than the oldest supported Node.
  const parts = pattern.split('*').map((part) => part.replaceAll(/[^\w]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`).test(name)
}

function valueOptions(
  table: AdoptedTable,
  constraint: PendingConstraint,
  all: AdoptedTables,
): RepairOption[] {
  switch (constraint.kind) {
    case 'null':
      return fillOptions(table, constraint.column, all)
    case 'orphan':
      return [
        ...placeholderOption(constraint.foreignKey, all),
        ...nullOption(table, constraint.column),
      ]
    case 'check':
      return checkOptions(table, constraint)
    default:
      return []
  }
}

function fillOptions(table: AdoptedTable, column: string, all: AdoptedTables): RepairOption[] {
  const { type = '', default: value } = table.columns.get(column) ?? {}
  const reference = findReference(table, column)
  const parents = findParents(table, column, all)
  const alike = [...table.columns].filter(([name, one]) => name !== column && one.type === type)
  const copies = !reference && /timestamp|date/.test(type) ? alike : []
  return [
    ...(value === undefined ? [] : [option('default', 'default', `fill in ${value}`)]),
    ...(reference ? placeholderOption(reference, all) : []),
    ...parents.map(({ via, parent }) => {
      const choice = parents.length === 1 ? 'parent' : `parent=${via}`
      return option('parent', choice, `fill in what its row of ${shown(parent.table)} has (${via})`)
    }),
    ...copies.map(([name]) => option('from', `from=${name}`, `copy ${name}`)),
    option('set', 'set=VALUE', 'fill in this value'),
  ]
}

function checkOptions(
  table: AdoptedTable,
  { meaning }: Extract<PendingConstraint, { kind: 'check' }>,
): RepairOption[] {
  const [column] = meaning.columns
  if (column === undefined || meaning.columns.length > 1) return []
  const allowed = meaning.words?.join(', ')
  return [
    ...(allowed
      ? [option('map', 'map:WORD=WORD', `put one of ${allowed} in place of a word`)]
      : []),
    ...(meaning.range ? [option('clamp', 'clamp', 'put the nearest allowed value')] : []),
    option('set', 'set=VALUE', 'put this value'),
    ...nullOption(table, column),
  ]
}

function nullOption(table: AdoptedTable, column: string): RepairOption[] {
  return table.columns.get(column)?.nullableAtHead ? [option('null', 'null', 'put NULL')] : []
}

function placeholderOption(
  { references }: ForeignKey,
  { placeholderParents }: AdoptedTables,
): RepairOption[] {
  const row = placeholderParents[references]
  return row ? [option('placeholder', 'placeholder', `give it ${row.description}`)] : []
}

function quarantineOption(
  { table }: AdoptedTable,
  { kind }: PendingConstraint,
  { tables }: AdoptedTables,
): RepairOption[] {
  const dependents = findDependents(table, tables)
  if (!dependents) return []
  const along =
    dependents.length > 0 ? `, with what belongs to it in ${dependents.map(shown).join(', ')}` : ''
  const which = kind === 'duplicate' ? 'keep the first, move the others' : 'move the row'
  return [option('quarantine', 'quarantine', `${which} to migrator.quarantine${along}`)]
}

function option(kind: Choice['kind'], choice: string, description: string): RepairOption {
  return { kind, choice, description }
}

/**
 * Finds the tables whose rows have to move with rows of `table`. Undefined where rows of `table` cannot move: where a
 * foreign key does anything but cascade, or a table refers to itself.
 */
export function findDependents(
  table: string,
  tables: AdoptedTables['tables'],
  above: readonly string[] = [],
): string[] | undefined {
  if (above.includes(table)) return undefined
  const found = new Set<string>()
  for (const child of tables.values()) {
    for (const { references, onDelete } of child.foreignKeys) {
      if (references !== table) continue
      const below = onDelete === 'cascade' && findDependents(child.table, tables, [...above, table])
      if (!below) return undefined
      for (const one of [child.table, ...below]) found.add(one)
    }
  }
  return [...found]
}

/**
 * Finds the parents that know a row's missing foreign key: the project of an extraction is that of its source. A
 * parent qualifies if it has a foreign key to the same table.
 */
export function findParents(
  table: AdoptedTable,
  column: string,
  { tables }: AdoptedTables,
): { via: string; key: string; parent: AdoptedTable; column: string }[] {
  const missing = findReference(table, column)
  if (!missing) return []
  return table.foreignKeys.flatMap((other) => {
    const parent = tables.get(other.references)
    const [via] = other.columns
    const [key] = other.referencedColumns
    if (!parent || other.columns.length !== 1 || via === undefined || key === undefined) return []
    const same = parent.foreignKeys.find(
      ({ references, columns }) => references === missing.references && columns.length === 1,
    )
    const [known] = same?.columns ?? []
    if (via === column || known === undefined || parent.table === table.table) return []
    return [{ via, key, parent, column: known }]
  })
}
