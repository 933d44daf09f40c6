import { lastName, shown, type Catalog, type ObjectOf } from '../catalog/index.ts'
import { readCheck, readElements, type CheckMeaning } from './expressions.ts'

/** A table, with the constraints of the pending migrations that its rows may violate. */
export interface AdoptedTable {
  /** `public.jobs`, quoted where SQL needs it. */
  readonly table: string
  readonly columns: ReadonlyMap<string, AdoptedColumn>
  /** Its columns; empty where there is none. */
  readonly primaryKey: readonly string[]
  readonly foreignKeys: readonly ForeignKey[]
  readonly pending: readonly PendingConstraint[]
}

interface AdoptedColumn {
  readonly type: string
  /** An expression: the default at head, or else the present one. */
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

/** A constraint that holds at head and not now. Its name is that of the problem which rows that violate it make. */
export type PendingConstraint = { readonly name: string } & (
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
      /** The key exists: only rows with NULL in it can be duplicates. */
      readonly exists: boolean
    }
)

/**
 * Compares the constraints that hold now with those at head, table by table, parents first. Pure, and derived from
 * the catalogs alone: no list of problems exists that could disagree with the migrations.
 * `structure`: the tables as they are when their rows are repaired.
 */
export async function findPendingConstraints(
  here: Catalog,
  structure: Catalog,
  head: Catalog,
): Promise<AdoptedTable[]> {
  const tables: AdoptedTable[] = []
  for (const { kind, identity } of structure.objects) {
    if (kind !== 'table') continue
    const columns = readColumns(identity, structure, head)
    tables.push({
      table: identity,
      columns,
      primaryKey: findPrimaryKey(identity, structure),
      foreignKeys: listForeignKeys(identity, structure),
      pending: [
        // Orphans first: a NULL may be filled with the value of a parent.
        ...pendingForeignKeys(identity, here, head, columns),
        ...pendingNotNulls(identity, here, head),
        ...(await pendingChecks(identity, here, head)),
        ...(await pendingUniqueKeys(identity, here, head)),
      ],
    })
  }
  return parentsFirst(tables)
}

/** Finds the foreign key of a column, an existing or a pending one. */
export function findReference(table: AdoptedTable, column: string): ForeignKey | undefined {
  const isOn = ({ columns }: ForeignKey) => columns.length === 1 && columns[0] === column
  const pending = table.pending.flatMap((one) => (one.kind === 'orphan' ? [one.foreignKey] : []))
  return [...table.foreignKeys, ...pending].find(isOn)
}

function listParts<K extends 'column' | 'constraint' | 'index'>(
  { objects }: Catalog,
  kind: K,
  table: string,
): ObjectOf<K>[] {
  const parts = objects.filter((one) => one.kind === kind && 'of' in one && one.of === table)
  return parts as unknown[] as ObjectOf<K>[]
}

function readColumns(table: string, here: Catalog, head: Catalog): Map<string, AdoptedColumn> {
  const atHead = new Map(listParts(head, 'column', table).map((one) => [one.identity, one]))
  return new Map(
    listParts(here, 'column', table)
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

function findPrimaryKey(table: string, here: Catalog): readonly string[] {
  return (
    listParts(here, 'constraint', table).find(({ type }) => type === 'primary key')?.columns ?? []
  )
}

function listForeignKeys(table: string, catalog: Catalog): ForeignKey[] {
  return listParts(catalog, 'constraint', table)
    .filter(({ type }) => type === 'foreign key')
    .map((one) => ({
      name: lastName(one.identity),
      columns: one.columns ?? [],
      references: one.references ?? '',
      referencedColumns: one.referencedColumns ?? [],
      ...(one.onDelete !== undefined && { onDelete: one.onDelete }),
    }))
}

function pendingNotNulls(table: string, here: Catalog, head: Catalog): PendingConstraint[] {
  const required = new Set(
    listParts(head, 'column', table).flatMap((one) => (one.notNull ? [one.identity] : [])),
  )
  return listParts(here, 'column', table)
    .filter((one) => !one.notNull && required.has(one.identity))
    .map((one) => ({
      kind: 'null',
      name: `${shown(one.identity)}:null`,
      column: lastName(one.identity),
    }))
}

function pendingForeignKeys(
  table: string,
  here: Catalog,
  head: Catalog,
  columns: ReadonlyMap<string, AdoptedColumn>,
): PendingConstraint[] {
  const known = new Set(listForeignKeys(table, here).map(foreignKeyDefinition))
  return listForeignKeys(table, head).flatMap((foreignKey): PendingConstraint[] => {
    const [column] = foreignKey.columns
    const isNew = !known.has(foreignKeyDefinition(foreignKey)) && foreignKey.columns.length === 1
    if (!isNew || column === undefined || !columns.has(column)) return []
    return [{ kind: 'orphan', name: `${shown(table)}.${column}:orphan`, column, foreignKey }]
  })
}

function foreignKeyDefinition({ columns, references, referencedColumns }: ForeignKey): string {
  return JSON.stringify([columns, references, referencedColumns])
}

async function pendingChecks(
  table: string,
  here: Catalog,
  head: Catalog,
): Promise<PendingConstraint[]> {
  const valid = new Set(
    listParts(here, 'constraint', table).flatMap((one) =>
      one.type === 'check' && !one.notValid && !one.notEnforced ? [one.expression] : [],
    ),
  )
  const columns = new Set(
    listParts(here, 'column', table).map(({ identity }) => lastName(identity)),
  )
  const pending: PendingConstraint[] = []
  for (const one of listParts(head, 'constraint', table)) {
    const { type, expression, notEnforced } = one
    if (type !== 'check' || notEnforced || expression === undefined || valid.has(expression))
      continue
    const meaning = await readCheck(expression)
    if (!meaning.columns.every((column) => columns.has(column))) continue
    const subject = meaning.columns.length === 1 ? meaning.columns[0] : lastName(one.identity)
    const what = meaning.words ? 'word' : meaning.range ? 'range' : 'check'
    pending.push({
      kind: 'check',
      name: `${shown(table)}.${subject}:${what}`,
      expression,
      meaning,
    })
  }
  return pending
}

/** Existing unique keys that NULLs pass now, and those to come. */
async function pendingUniqueKeys(
  table: string,
  here: Catalog,
  head: Catalog,
): Promise<PendingConstraint[]> {
  const existingKeys = listParts(here, 'index', table).filter(({ unique }) => unique)
  const existing = new Set(existingKeys.map(uniqueKeyDefinition))
  const comingKeys = listParts(head, 'index', table).filter(
    (index) => index.unique && !existing.has(uniqueKeyDefinition(index)),
  )
  const columns = new Map(
    listParts(here, 'column', table).map((one) => [lastName(one.identity), one]),
  )
  const pending: PendingConstraint[] = []
  for (const index of [...existingKeys, ...comingKeys]) {
    const { elements, predicate, nullsNotDistinct, identity } = index
    const read = await readElements(elements)
    if (!read.columns.every((column) => columns.has(column))) continue
    const exists = existing.has(uniqueKeyDefinition(index))
    // A key whose columns are all NOT NULL has no duplicates.
    if (exists && read.columns.every((column) => columns.get(column)?.notNull)) continue
    pending.push({
      kind: 'duplicate',
      name: `${lastName(identity)}:duplicate`,
      ...read,
      nullsNotDistinct: nullsNotDistinct ?? false,
      exists,
      ...(predicate !== undefined && { predicate }),
    })
  }
  return pending
}

function uniqueKeyDefinition({ elements, predicate, nullsNotDistinct }: ObjectOf<'index'>): string {
  return JSON.stringify([elements, predicate, nullsNotDistinct])
}

/** Sorts tables so that parents come first; within a cycle the order of the catalog remains. */
function parentsFirst(tables: readonly AdoptedTable[]): AdoptedTable[] {
  const sorted: AdoptedTable[] = []
  const place = (table: AdoptedTable, under: readonly AdoptedTable[]): void => {
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
