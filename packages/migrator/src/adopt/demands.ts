import { lastName, shown, type Catalog, type ObjectOf } from '../catalog/index.ts'
import { readCheck, readElements, type CheckMeaning } from './expressions.ts'

/** A table, and what the pending migrations will demand of its rows that nothing demands now; nothing of one that they do not know. */
export interface TableDemands {
  /** `public.jobs`, quoted where SQL needs it. */
  readonly table: string
  readonly columns: ReadonlyMap<string, Column>
  /** Columns of the primary key; empty where there is none. */
  readonly key: readonly string[]
  readonly foreignKeys: readonly ForeignKey[]
  readonly demands: readonly Demand[]
}

export interface Column {
  readonly type: string
  /** An expression; of the schema to come where it has one. */
  readonly default?: string
  readonly nullableAtHead: boolean
}

export interface ForeignKey {
  readonly name: string
  readonly columns: readonly string[]
  readonly references: string
  readonly referencedColumns: readonly string[]
  readonly onDelete?: string
}

/** One of them, by the name of the problem that rows are which do not meet it. */
export type Demand = { readonly name: string } & (
  | { readonly kind: 'null'; readonly column: string }
  | {
      readonly kind: 'orphan'
      readonly column: string
      readonly foreignKey: ForeignKey
    }
  | { readonly kind: 'check'; readonly expression: string; readonly meaning: CheckMeaning }
  | {
      readonly kind: 'duplicate'
      readonly expressions: readonly string[]
      readonly columns: readonly string[]
      readonly predicate?: string
      readonly nullsNotDistinct: boolean
      /** It is there already, so that only rows with NULL can pass it. */
      readonly exists: boolean
    }
)

/**
 * Compares what binds the rows of a database now with the schema at head, table by table, parents first. Pure, and
 * derived from the catalogs alone: there is no list of problems that could disagree with the migrations.
 * `structure`: the tables as they will be when rows are repaired, whatever binds them then.
 */
export async function demandsBetween(
  here: Catalog,
  structure: Catalog,
  head: Catalog,
): Promise<TableDemands[]> {
  const tables: TableDemands[] = []
  for (const { kind, identity } of structure.objects) {
    if (kind !== 'table') continue
    const columns = columnsOf(identity, structure, head)
    tables.push({
      table: identity,
      columns,
      key: primaryKey(identity, structure),
      foreignKeys: foreignKeysOf(identity, structure),
      demands: [
        // Before a value is filled in that may not be there to be found yet.
        ...orphanDemands(identity, here, head, columns),
        ...nullDemands(identity, here, head),
        ...(await checkDemands(identity, here, head)),
        ...(await duplicateDemands(identity, here, head)),
      ],
    })
  }
  return parentsFirst(tables)
}

/** Where a column of a table points to, or will point to. */
export function referenceOf(table: TableDemands, column: string): ForeignKey | undefined {
  const isOf = ({ columns }: ForeignKey) => columns.length === 1 && columns[0] === column
  const toCome = table.demands.find((one) => one.kind === 'orphan' && one.column === column)
  return table.foreignKeys.find(isOf) ?? (toCome?.kind === 'orphan' ? toCome.foreignKey : undefined)
}

function partsOf<K extends 'column' | 'constraint' | 'index'>(
  { objects }: Catalog,
  kind: K,
  table: string,
): ObjectOf<K>[] {
  const parts = objects.filter((one) => one.kind === kind && 'of' in one && one.of === table)
  return parts as unknown[] as ObjectOf<K>[]
}

function columnsOf(table: string, here: Catalog, head: Catalog): Map<string, Column> {
  const atHead = new Map(partsOf(head, 'column', table).map((one) => [one.identity, one]))
  return new Map(
    partsOf(here, 'column', table)
      .filter(({ generated }) => generated === undefined)
      .map((one) => {
        const later = atHead.get(one.identity)
        const value = later?.default ?? one.default
        const nullableAtHead = !(later ?? one).notNull
        return [
          lastName(one.identity),
          { type: one.type, nullableAtHead, ...(value !== undefined && { default: value }) },
        ]
      }),
  )
}

function primaryKey(table: string, here: Catalog): readonly string[] {
  return (
    partsOf(here, 'constraint', table).find(({ type }) => type === 'primary key')?.columns ?? []
  )
}

function foreignKeysOf(table: string, catalog: Catalog): ForeignKey[] {
  return partsOf(catalog, 'constraint', table)
    .filter(({ type }) => type === 'foreign key')
    .map((one) => ({
      name: lastName(one.identity),
      columns: one.columns ?? [],
      references: one.references ?? '',
      referencedColumns: one.referencedColumns ?? [],
      ...(one.onDelete !== undefined && { onDelete: one.onDelete }),
    }))
}

function nullDemands(table: string, here: Catalog, head: Catalog): Demand[] {
  const required = new Set(
    partsOf(head, 'column', table).flatMap((one) => (one.notNull ? [one.identity] : [])),
  )
  return partsOf(here, 'column', table)
    .filter((one) => !one.notNull && required.has(one.identity))
    .map((one) => ({
      kind: 'null',
      name: `${shown(one.identity)}:null`,
      column: lastName(one.identity),
    }))
}

function orphanDemands(
  table: string,
  here: Catalog,
  head: Catalog,
  columns: ReadonlyMap<string, Column>,
): Demand[] {
  const known = new Set(foreignKeysOf(table, here).map(meaningOf))
  return foreignKeysOf(table, head).flatMap((foreignKey): Demand[] => {
    const [column] = foreignKey.columns
    const isNew = !known.has(meaningOf(foreignKey)) && foreignKey.columns.length === 1
    if (!isNew || column === undefined || !columns.has(column)) return []
    return [{ kind: 'orphan', name: `${shown(table)}.${column}:orphan`, column, foreignKey }]
  })
}

function meaningOf({ columns, references, referencedColumns }: ForeignKey): string {
  return JSON.stringify([columns, references, referencedColumns])
}

async function checkDemands(table: string, here: Catalog, head: Catalog): Promise<Demand[]> {
  const valid = new Set(
    partsOf(here, 'constraint', table).flatMap((one) =>
      one.type === 'check' && !one.notValid && !one.notEnforced ? [one.expression] : [],
    ),
  )
  const columns = new Set(partsOf(here, 'column', table).map(({ identity }) => lastName(identity)))
  const demands: Demand[] = []
  for (const one of partsOf(head, 'constraint', table)) {
    const { type, expression, notEnforced } = one
    if (type !== 'check' || notEnforced || expression === undefined || valid.has(expression))
      continue
    const meaning = await readCheck(expression)
    if (!meaning.columns.every((column) => columns.has(column))) continue
    const subject = meaning.columns.length === 1 ? meaning.columns[0] : lastName(one.identity)
    const what = meaning.words ? 'word' : meaning.range ? 'range' : 'check'
    demands.push({ kind: 'check', name: `${shown(table)}.${subject}:${what}`, expression, meaning })
  }
  return demands
}

/** Keys that are there, and those to come: NULLs pass the first, anything may pass the second. */
async function duplicateDemands(table: string, here: Catalog, head: Catalog): Promise<Demand[]> {
  const there = partsOf(here, 'index', table).filter(({ unique }) => unique)
  const existing = new Set(there.map(keyMeaning))
  const coming = partsOf(head, 'index', table).filter(
    (index) => index.unique && !existing.has(keyMeaning(index)),
  )
  const columns = new Map(
    partsOf(here, 'column', table).map((one) => [lastName(one.identity), one]),
  )
  const demands: Demand[] = []
  for (const index of [...there, ...coming]) {
    const { elements, predicate, nullsNotDistinct, identity } = index
    const read = await readElements(elements)
    if (!read.columns.every((column) => columns.has(column))) continue
    const exists = existing.has(keyMeaning(index))
    // A key without a column that may be NULL keeps duplicates out by itself.
    if (exists && read.columns.every((column) => columns.get(column)?.notNull)) continue
    demands.push({
      kind: 'duplicate',
      name: `${lastName(identity)}:duplicate`,
      ...read,
      nullsNotDistinct: nullsNotDistinct ?? false,
      exists,
      ...(predicate !== undefined && { predicate }),
    })
  }
  return demands
}

function keyMeaning({ elements, predicate, nullsNotDistinct }: ObjectOf<'index'>): string {
  return JSON.stringify([elements, predicate, nullsNotDistinct])
}

/** Tables whose parents all come before them; a cycle is left in the order of the catalog. */
function parentsFirst(tables: readonly TableDemands[]): TableDemands[] {
  const sorted: TableDemands[] = []
  const place = (table: TableDemands, under: readonly TableDemands[]): void => {
    if (sorted.includes(table) || under.includes(table)) return
    for (const { references } of table.foreignKeys) {
      const parent = tables.find((one) => one.table === references)
      if (parent) place(parent, [...under, table])
    }
    sorted.push(table)
  }
  for (const table of tables) place(table, [])
  return sorted
}
