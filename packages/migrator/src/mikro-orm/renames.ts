import type { MigrationDiff } from '@mikro-orm/core'
import { failure } from '../errors/index.ts'
import type { OpenRename } from '../errors/project.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { loadTexts, type Texts } from '../sql/parse.ts'
import {
  byName,
  listNames,
  placeOf,
  type Change,
  type Column,
  type OpenComparator,
  type Schema,
  type Table,
  type TableChange,
} from './comparator.ts'
import { listLessened, moveEnums, rebuildLessened, renameLabel } from './enum-labels.ts'
import { followingColumns, listBack, type RenamedColumns } from './follow-columns.ts'
import { compareIdentity, writeIdentities } from './keep-identity.ts'
import { replaceRoutines, seeRoutines } from './kept-routines.ts'
import { leaveUnnamed } from './leave-unnamed.ts'
import { makeAgain } from './made-again.ts'
import { findMade } from './made-table.ts'
import { readPartitions } from './partitions.ts'
import { moveTable, renameTable } from './renamed-tables.ts'
import { remakeViews } from './remade-views.ts'
import type { OpenMigrator } from './stock-migrator.ts'
import { readWholeDiff } from './whole-diff.ts'
import { addWrittenIndexes } from './written-indexes.ts'
import { seeTexts } from './written-texts.ts'
import { WrittenTypes } from './written-types.ts'

/** What a person has said of what is gone from the entities: `jobs` or `jobs.title`. */
export interface Decisions {
  /** By the old name. */
  readonly renames: ReadonlyMap<string, string>
  readonly drops: ReadonlySet<string>
  /** They stand in a configuration: what is decided there may be written already. */
  readonly areStanding?: boolean
  /** What the migrations before have made. */
  readonly known: KnownObjects
}

/**
 * Runs `generate` with MikroORM's class of comparators changed. It renames what it is told to and nothing else: MikroORM's
 * own takes two columns of one type for one, and the rows of the one for those of the other. And it sees each change of a
 * type.
 * Throws RENAMES_UNKNOWN for a decision that is about nothing, RENAMES_UNDECIDED, and PROJECT_INVALID of an identity; no file is
 * written then.
 */
export async function withDecidedRenames<T>(
  { prototype }: { readonly prototype: unknown },
  migrator: OpenMigrator,
  decisions: Decisions,
  generate: () => Promise<T>,
): Promise<T> {
  const comparator = prototype as OpenComparator
  const { compare, detectColumnRenamings, diffColumn } = comparator
  const texts = await loadTexts()
  const types = new WrittenTypes(texts)
  // A database writes types in its own way.
  const isOfEntities = (await migrator.getSchemaFromSnapshot()) !== undefined
  const [stock, whole] = [migrator.getSchemaDiff.bind(migrator), readWholeDiff(migrator)]
  const asked = new Asked(decisions)
  const unsee = isOfEntities ? seeAll(comparator, texts, migrator) : []
  comparator.detectColumnRenamings = function decided(change, inverse) {
    if (inverse) goBack(this, change, inverse)
    else asked.columns(this, change)
  }
  comparator.compare = function decided(from, to, inverse) {
    if (isOfEntities && !inverse) {
      types.restore(from.getTables(), decisions.known)
      asked.add(readPartitions(from, to, decisions, texts))
    } else if (!inverse) leaveUnnamed(from, to, makersOf(migrator, decisions))
    const change = asked.decide(from, to, inverse, () => compare.call(this, from, to, inverse))
    return isOfEntities ? addUnseen(from, to, change, texts) : change
  }
  comparator.diffColumn = seeingColumns(diffColumn, isOfEntities ? types : undefined)
  migrator.getSchemaDiff = async (blank, initial) => {
    const diff = await whole(blank, initial)
    if (!blank) asked.refuseOpen()
    return addWrittenIndexes(asked.addTo(diff), asked.tables, decisions.known, texts)
  }
  try {
    return await generate()
  } finally {
    for (const one of unsee) one()
    Object.assign(comparator, { compare, detectColumnRenamings, diffColumn })
    migrator.getSchemaDiff = stock
  }
}

function makersOf({ driver }: OpenMigrator, { known }: Decisions) {
  const platform = driver.getPlatform()
  return { known, giveName: platform.getIndexName.bind(platform) }
}

function seeAll(comparator: object, texts: Texts, migrator: OpenMigrator) {
  return [seeTexts(comparator, texts), seeRoutines(comparator, migrator)]
}

/** What MikroORM's comparison of columns sees, and each change of a type where it is of entities. */
function seeingColumns(
  diffColumn: OpenComparator['diffColumn'],
  types: WrittenTypes | undefined,
): OpenComparator['diffColumn'] {
  return function seeing(one, other, ...rest) {
    const differs = compareIdentity(diffColumn.bind(this), one, other, ...rest)
    // Beside other changes MikroORM does nothing about it; alone it is dropped and added, with all that it says.
    if (types?.isComputedAnew(one, other, differs)) return new Set(['generated'])
    return types?.differ(one, other) ? differs.add('type') : differs
  }
}

function addUnseen(from: Schema, to: Schema, change: Change, texts: Texts): Change {
  remakeViews(from, to, change, texts)
  makeAgain(change, texts)
  replaceRoutines(change)
  return change
}

/** On the way back the renames of the way up are turned round. */
function goBack(
  comparator: OpenComparator,
  change: TableChange,
  { renamedColumns }: TableChange,
): void {
  for (const [old, { name }] of Object.entries(renamedColumns))
    rename(comparator, change, name, old)
}

/** What differs beside the name is changed, too. */
function rename(comparator: OpenComparator, change: TableChange, from: string, to: string): void {
  const [column, fromColumn] = [change.addedColumns[to], change.removedColumns[from]]
  if (!column || !fromColumn) return
  change.renamedColumns[from] = column
  delete change.addedColumns[to]
  delete change.removedColumns[from]
  const changedProperties = comparator.diffColumn(fromColumn, column, change.fromTable, true)
  if (changedProperties.size > 0)
    change.changedColumns[to] = { oldColumnName: to, fromColumn, column, changedProperties }
}

/** A key, or what refers to one: its rows get uuids beside it, by the other name. */
function becomesUuid({ fromTable }: TableChange, { name, primary }: Column, to: Column): boolean {
  // Keys have the new names of their columns already.
  const keys = Object.values(fromTable.getForeignKeys()).flatMap((key) => key.columnNames)
  const isKey = primary === true || keys.some((one) => one === name || one === to.name)
  return to.type === 'uuid' && isKey
}

/** What is gone, held against what was decided; it gathers what nobody has decided. */
class Asked {
  /** What the entities say now. */
  tables: readonly Table[] = []
  #tablesBefore: readonly Table[] = []
  /** Columns that go on in another table: what drops them, and adds others, is found by the recipe. */
  readonly #moved = new Set<string>()
  readonly #renaming: string[] = []
  readonly #rebuildingBack: string[] = []
  readonly #renamingBack: string[] = []
  readonly #labelsBack: string[] = []
  readonly #decisions: Decisions
  readonly #open: OpenRename[] = []
  readonly #used = new Set<string>()

  constructor(decisions: Decisions) {
    this.#decisions = decisions
  }

  columns(comparator: OpenComparator, change: TableChange): void {
    const table = change.fromTable.getShortestName()
    const news = this.#listNew()
    for (const column of Object.values(change.removedColumns)) {
      const gone = `${table}.${column.name}`
      const to = this.#decisions.renames.get(gone)
      if (to !== undefined && this.#isNew(to) && !to.startsWith(`${table}.`)) this.#moved.add(gone)
      const name = to?.replace(`${table}.`, '')
      const added = name === undefined ? undefined : change.addedColumns[name]
      if (!added || name === undefined) continue
      this.#used.add(gone)
      const differs = [...comparator.diffColumn(added, column, change.fromTable)]
      if (differs.length > 0 && !becomesUuid(change, column, added))
        throw failure('RENAME_CHANGES', { gone, name, differs })
      rename(comparator, change, column.name, name)
    }
    const { addedColumns, removedColumns } = change
    const candidates = Object.keys(addedColumns).filter((name) => !removedColumns[name])
    for (const { name, generated } of Object.values(removedColumns)) {
      // A column that is computed in another way is dropped and added, and nothing of it is lost.
      if (generated) continue
      const elsewhere = news.filter((id) => id.endsWith(`.${name}`))
      this.#ask(`${table}.${name}`, candidates, { table, elsewhere })
    }
  }

  /** Columns of tables that stay which get another name. */
  #listRenamed(from: Schema, to: Schema): RenamedColumns {
    const wanted = byName(to)
    const renamed = [...byName(from)].map(([name, table]) => {
      const [old, now] = [listNames(table), listNames(wanted.get(name) ?? table)]
      const pairs = old.flatMap((column): [string, string][] => {
        const to = this.#decisions.renames.get(`${name}.${column}`)?.replace(`${name}.`, '')
        const isRenamed = to !== undefined && now.includes(to) && !old.includes(to)
        return isRenamed && !now.includes(column) ? [[column, to]] : []
      })
      return [name, new Map(pairs)] as const
    })
    return new Map(renamed.filter(([, pairs]) => pairs.size > 0))
  }

  /** Columns that are new in tables that were there before, as `table.column`. */
  #listNew(): string[] {
    const before = new Map(
      this.#tablesBefore.map((one) => [one.getShortestName(), listNames(one)] as const),
    )
    return this.tables.flatMap((table) => {
      const there = before.get(table.getShortestName())
      const names = there ? listNames(table).filter((name) => !there.includes(name)) : []
      return names.map((name) => `${table.getShortestName()}.${name}`)
    })
  }

  /** Of a column, as `table.column`, also of a table that is new itself. */
  #isNew(column: string): boolean {
    const before = new Set(this.#tablesBefore.map((one) => one.getShortestName()))
    const added = this.tables.filter((one) => !before.has(one.getShortestName()))
    const ofAdded = added.flatMap((one) =>
      listNames(one).map((name) => `${one.getShortestName()}.${name}`),
    )
    return [...this.#listNew(), ...ofAdded].includes(column)
  }

  /** What is decided is done to the schema that was, and all the rest is gone or new. */
  decide(from: Schema, to: Schema, inverse: Change | undefined, compare: () => Change): Change {
    if (!inverse) {
      ;[this.tables, this.#tablesBefore] = [to.getTables(), from.getTables()]
      this.#renameTables(from, to)
      this.#renameLabels(from, to)
    }
    const renamed = inverse ? listBack(inverse) : this.#listRenamed(from, to)
    const change = followingColumns(from.getTables(), byName(to), renamed, compare)
    const rebuilding = [
      ...rebuildLessened(from, to, change),
      ...writeIdentities(change, placeOf, this.#decisions.known),
    ]
    if (!inverse) this.#askOfTables(change, from, to)
    ;(inverse ? this.#rebuildingBack : this.#renaming).push(...rebuilding)
    return change
  }

  /** Before anything is compared: the table is then found under its new name, in its new schema. */
  #renameTables(from: Schema, to: Schema): void {
    const wanted = byName(to)
    for (const [old, table] of byName(from)) {
      const target = wanted.get(this.#decisions.renames.get(old) ?? old)
      if (!target || wanted.has(old)) continue
      this.#used.add(old)
      const [before, after] = [placeOf(table), placeOf(target)]
      this.#renaming.push(...moveTable(before, after))
      this.#renamingBack.push(...moveTable(after, before))
      renameTable(from, table, target)
    }
    const { up, down } = moveEnums(from, to)
    this.#renaming.push(...up)
    this.#renamingBack.unshift(...down)
  }

  /** The labels of enums, as if they were columns. */
  #renameLabels(from: Schema, to: Schema): void {
    for (const { key, gone, added } of listLessened(from, to))
      for (const label of gone) {
        const id = `${key}.${label}`
        const name = this.#decisions.renames.get(id)?.replace(`${key}.`, '')
        if (name === undefined || !added.includes(name)) this.#ask(id, added)
        else {
          this.#used.add(id)
          const [up = '', down = ''] = renameLabel(from, key, label, name)
          this.#renaming.push(up)
          this.#labelsBack.push(down)
        }
      }
  }

  /** MikroORM takes a table for another one of the same name in another schema, and leaves it where it is. */
  #askOfTables({ newTables, removedTables }: Change, from: Schema, to: Schema): void {
    const wanted = byName(to)
    for (const [name, table] of byName(from)) if (!wanted.has(name)) removedTables[name] ??= table
    const candidates = Object.values(newTables).map((table) => table.getShortestName())
    for (const [name, table] of Object.entries(removedTables)) {
      this.#ask(name, candidates)
      inOrder(table, this.#decisions.known)
    }
  }

  add({ up, down }: MigrationDiff): void {
    this.#renaming.push(...up)
    this.#renamingBack.push(...down)
  }

  /** Columns have their names before anything refers to them. A schema is empty when all that was moved there is back. */
  addTo({ up, down }: MigrationDiff): MigrationDiff {
    const [schemas = [], others = []] = [true, false].map((isOfSchema) =>
      down.filter((sql) => /^drop schema/i.test(sql) === isOfSchema),
    )
    const labels = [...this.#rebuildingBack, ...this.#labelsBack]
    return {
      up: [...this.#renaming, ...renameFirst(up)],
      down: [...labels, ...renameFirst(others), ...this.#renamingBack, ...schemas],
    }
  }

  #ask(
    gone: string,
    candidates: readonly string[],
    of: Pick<OpenRename, 'table' | 'elsewhere'> = {},
  ): void {
    if (this.#decisions.drops.has(gone) || this.#moved.has(gone)) this.#used.add(gone)
    else this.#open.push({ gone, candidates, ...of })
  }

  refuseOpen(): void {
    const { renames, drops, areStanding = false } = this.#decisions
    if (areStanding && this.#open.length === 0) return
    const unused = [
      ...[...renames]
        .filter(([gone]) => !this.#used.has(gone))
        .map((one) => `rename ${one.join(':')}`),
      ...[...drops].filter((gone) => !this.#used.has(gone)).map((one) => `drop ${one}`),
    ]
    // First: what is open may be open because of a slip in a name.
    if (unused.length > 0) throw failure('RENAMES_UNKNOWN', { unused, open: this.#open })
    if (this.#open.length > 0) throw failure('RENAMES_UNDECIDED', { open: this.#open })
  }
}

const RENAMES_COLUMN = /^alter table (?:"(?:[^"]|"")+"\.?)+ rename column /i

const isRename = (sql: string) => RENAMES_COLUMN.test(sql)

function renameFirst(statements: readonly string[]): string[] {
  return [...statements.filter(isRename), ...statements.filter((sql) => !isRename(sql))]
}

/** A snapshot of the entities has the columns by name; made again, a table is to be as it was. */
function inOrder(table: Table, known: KnownObjects): void {
  const made = findMade(known, table)
  const order = [...(made?.columns.keys() ?? [])]
  const first = order.flatMap((name) => table.getColumns().find((one) => one.name === name) ?? [])
  const others = table.getColumns().filter((column) => !first.includes(column))
  for (const column of [...first, ...others]) {
    table.removeColumn(column.name)
    table.addColumn(column)
  }
}
