import type { ColumnDef, CommentStmt, Constraint, IndexStmt, Node } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { requiredBy } from '../phase/constraints.ts'
import { columnsIn, defaultName, shown, toKey, toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { nodesIn } from '../sql/nodes.ts'
import { KnownDomains } from './known-domains.ts'
import { alterConstraint } from './known-constraints.ts'
import { learnEnum } from './known-enums.ts'
import { KnownNames } from './known-names.ts'
import { KnownMaterializedViews } from './known-materialized-views.ts'
import { learnRename } from './known-renames.ts'
import { learnSequence } from './known-sequences.ts'
import { learnLike } from './like-clause.ts'
import {
  copyTable,
  forgetColumn,
  nameOf,
  referencesOf,
  sequenceName,
  type KnownTable,
} from './known-table.ts'
import {
  listAddedColumns,
  listAlterations,
  listColumns,
  listCommands,
  listConstraints,
  listDropped,
  readType,
  type Alteration,
  type Column,
  type OwnedConstraint,
} from './parts.ts'

/** A view, with the names of the columns that its query reads. */
interface KnownView {
  readonly tables: readonly string[]
  readonly columns: readonly string[]
  readonly query: Node | undefined
}

/** What statements have made so far, as far as their texts say: what a later statement meets. */
export class KnownObjects {
  readonly #tables = new Map<string, KnownTable>()
  readonly #views = new Map<string, KnownView>()
  readonly domains: KnownDomains
  readonly names = new KnownNames()
  readonly materializedViews: KnownMaterializedViews
  /** Their labels, in order. */
  readonly #enums = new Map<string, readonly string[]>()

  constructor(domains = new KnownDomains(), materializedViews = new KnownMaterializedViews()) {
    this.domains = domains
    this.materializedViews = materializedViews
  }

  /** Undefined where no statement has made it. */
  table(name: Name): KnownTable | undefined {
    return this.#tables.get(toKey(name))
  }

  /**
   * True where no row can have NULL there: by NOT NULL, or by a CHECK that every row was held against. What `statement` drops
   * is gone by the time that the rest of it is done.
   */
  isRequired(name: Name, column: string, statement?: Node): boolean {
    const { required, constraints } = this.table(name) ?? {}
    const dropped = (kind: string) =>
      statement ? listCommands(statement, kind).map((one) => one.name) : []
    const checks = [...(constraints ?? [])].filter(
      ([check, { isValidated }]) => isValidated && !dropped('DropConstraint').includes(check),
    )
    return (
      (required?.has(column) === true && !dropped('DropNotNull').includes(column)) ||
      checks.some(([, { definition }]) => requiredBy(definition.raw_expr).includes(column))
    )
  }

  /** True of a table whose rows are some of another table's, too. */
  hasChildren(name: Name): boolean {
    return [...this.#tables.values()].some(({ parents }) =>
      parents.some((one) => toKey(one) === toKey(name)),
    )
  }

  /** Foreign keys of other tables that refer to this one. */
  referencesTo(name: Name): { readonly table: Name; readonly constraint: string }[] {
    return [...this.#tables].flatMap(([key, table]) =>
      key === toKey(name)
        ? []
        : referencesOf(table, name).map(([constraint]) => ({ table: nameOf(key), constraint })),
    )
  }

  /** The same, to look further. */
  copy(): KnownObjects {
    const known = new KnownObjects(this.domains.copy(), this.materializedViews.copy())
    known.names.addAll(this.names)
    for (const [key, table] of this.#tables) known.#tables.set(key, copyTable(table))
    for (const [key, view] of this.#views) known.#views.set(key, view)
    for (const [key, labels] of this.#enums) known.#enums.set(key, labels)
    return known
  }

  isEnum(name: Name): boolean {
    return this.#enums.has(toKey(name))
  }

  labelsOf(name: Name): readonly string[] | undefined {
    return this.#enums.get(toKey(name))
  }

  /** Undefined where no statement has made it. */
  view(name: Name): KnownView | undefined {
    return this.#views.get(toKey(name))
  }

  /** Views whose queries read a column of that table. */
  viewsOf(table: Name, column: string): string[] {
    return [...this.#views].flatMap(([key, { tables, columns }]) =>
      tables.includes(toKey(table)) && columns.includes(column) ? [shown(nameOf(key))] : [],
    )
  }

  /** The table of an index, which DROP INDEX does not name. */
  ownerOf(index: Name): Name | undefined {
    const found = [...this.#tables].find(([, { indexes }]) => indexes.has(index.name))
    return found && nameOf(found[0])
  }

  partitionsOf(table: Name): [Name, KnownTable][] {
    return [...this.#tables].flatMap(([key, one]) =>
      one.partitionOf && toKey(one.partitionOf) === toKey(table) ? [[nameOf(key), one]] : [],
    )
  }

  /** The partition of the rows that no other one has. */
  defaultPartitionOf(table: Name): Name | undefined {
    for (const [key, { partitionOf: parent, bound }] of this.#tables)
      if (bound?.is_default && parent && toKey(parent) === toKey(table)) return nameOf(key)
    return undefined
  }

  learn(node: Node): void {
    if ('CreateStmt' in node) this.#makeTable(node)
    if ('IndexStmt' in node) this.#addIndex(node.IndexStmt)
    if ('ViewStmt' in node) this.#makeView(toName(node.ViewStmt.view), node.ViewStmt.query)
    if ('CreateTableAsStmt' in node)
      this.#makeView(toName(node.CreateTableAsStmt.into?.rel), node.CreateTableAsStmt.query)
    this.domains.learn(node)
    this.materializedViews.learn(node)
    learnEnum(this.#enums, node)
    this.names.learn(node)
    if ('CommentStmt' in node) this.#comment(node.CommentStmt)
    if ('CreatePolicyStmt' in node) {
      const table = this.table(toName(node.CreatePolicyStmt.table))
      if (table) table.hasPolicy = true
    }
    // PostgreSQL drops first, whatever the order of the text.
    const [drops, others] = [true, false].map((isDrop) =>
      listAlterations(node).filter(({ subtype }) => subtype.startsWith('AT_Drop') === isDrop),
    )
    for (const drop of drops ?? []) this.#alter(drop)
    for (const constraint of 'AlterTableStmt' in node ? listConstraints(node) : [])
      this.#addConstraint(constraint)
    for (const column of listAddedColumns(node)) this.#addColumn(column)
    for (const alteration of others ?? []) this.#alter(alteration)
    for (const name of listDropped(node, 'OBJECT_TABLE')) this.#tables.delete(toKey(name))
    for (const kind of ['OBJECT_VIEW', 'OBJECT_MATVIEW'] as const)
      for (const name of listDropped(node, kind)) this.#views.delete(toKey(name))
    for (const index of listDropped(node, 'OBJECT_INDEX')) {
      const owner = this.ownerOf(index)
      if (owner) this.table(owner)?.indexes.delete(index.name)
    }
    learnSequence(this.#tables, node)
    learnRename(this.#tables, node)
  }

  #makeTable(node: Extract<Node, { CreateStmt: unknown }>): void {
    const {
      relation,
      partspec,
      partbound,
      inhRelations = [],
      ofTypename,
      tableElts = [],
      if_not_exists: mayExist,
    } = node.CreateStmt
    const name = toName(relation)
    if (mayExist && this.table(name)) return
    const parents = inhRelations.flatMap((one) => ('RangeVar' in one ? [toName(one.RangeVar)] : []))
    const [parent] = parents
    const isLike = tableElts.some((one) => 'TableLikeClause' in one)
    this.#tables.set(toKey(name), {
      columns: new Map(),
      constraints: new Map(),
      indexes: new Map(),
      sequences: new Map(),
      comments: new Map(),
      required: new Set(),
      isWhole: !isLike && !ofTypename && !parent,
      parents,
      isPartitioned: partspec !== undefined,
      ...(partspec && { partitionBy: partspec }),
      ...(partbound && { bound: partbound }),
      ...(partbound && parent && { partitionOf: parent }),
      hasPolicy: false,
    })
    learnLike(this.#tables, name, node.CreateStmt)
    for (const column of listColumns(node)) this.#addColumn(column)
    // There is no row that NOT VALID could leave out.
    for (const { constraint, ...rest } of listConstraints(node))
      this.#addConstraint({ ...rest, constraint: { ...constraint, skip_validation: false } })
  }

  #addColumn({ table: owner, name, column, constraints }: Column): void {
    const table = this.table(owner)
    table?.columns.set(name, column)
    const isCounted =
      /serial/.test(readType(column).name) ||
      constraints.some(({ contype }) => contype === 'CONSTR_IDENTITY')
    const sequence = isCounted ? sequenceName(owner, name) : undefined
    if (sequence !== undefined) table?.sequences.set(name, sequence)
  }

  #addConstraint({ table: owner, constraint, column, columns }: OwnedConstraint): void {
    const table = this.table(owner)
    const { contype: type, skip_validation, conname, indexname } = constraint
    if (!table) return
    const built = indexname === undefined ? undefined : table.indexes.get(indexname)
    const covered =
      built?.columns ?? (columns.length > 0 ? columns : columnsIn(constraint.raw_expr))
    if (type === 'CONSTR_NOTNULL' || type === 'CONSTR_PRIMARY' || type === 'CONSTR_IDENTITY') {
      for (const one of skip_validation ? [] : covered) table.required.add(one)
    }
    if (!CONSTRAINTS.has(type)) return
    const name = conname ?? defaultName(owner, constraint, column)
    const isValidated = !skip_validation && constraint.is_enforced !== false
    table.constraints.set(name, { type, columns: covered, definition: constraint, isValidated })
    if (INDEXED.has(type)) {
      if (indexname !== undefined) table.indexes.delete(indexname)
      table.indexes.set(name, { ...built, columns: covered })
    }
  }

  #comment({ objtype, object, comment }: CommentStmt): void {
    if (objtype !== 'OBJECT_COLUMN' || !object || !('List' in object)) return
    const items = object.List.items ?? []
    const comments = this.table(readName({ List: { items: items.slice(0, -1) } }))?.comments
    const { name } = readName(items.at(-1))
    if (comment) comments?.set(name, comment)
    else comments?.delete(name)
  }

  #addIndex(definition: IndexStmt): void {
    const { relation, idxname = '', indexParams = [], whereClause } = definition
    const columns = indexParams.flatMap((one) =>
      'IndexElem' in one ? [one.IndexElem.name ?? ''] : [],
    )
    const covered = whereClause ? [] : columns
    this.table(toName(relation))?.indexes.set(idxname, { columns: covered, definition })
  }

  #makeView(name: Name, query: Node | undefined): void {
    const tables = nodesIn(query, 'RangeVar').map((one) => toKey(toName(one)))
    this.#views.set(toKey(name), { tables, columns: columnsIn(query), query })
  }

  #alter({ table: owner, subtype, name, command: { def } }: Alteration): void {
    const table = this.table(owner)
    if (!table) return
    const column = def && 'ColumnDef' in def ? def.ColumnDef : undefined
    switch (subtype) {
      case 'AT_AlterColumnType':
        if (column) table.columns.set(name, { ...table.columns.get(name), ...column })
        break
      case 'AT_DropColumn':
        forgetColumn(table, name)
        break
      case 'AT_ColumnDefault': {
        const one = table.columns.get(name)
        if (one) table.columns.set(name, withDefault(one, def))
        break
      }
      case 'AT_SetNotNull':
        table.required.add(name)
        break
      case 'AT_DropNotNull':
        table.required.delete(name)
        break
      case 'AT_DropConstraint':
        table.constraints.delete(name)
        table.indexes.delete(name)
        break
      default:
        alterConstraint(table.constraints, subtype, name, def)
    }
    this.#attach(owner, subtype, def)
  }

  #attach(parent: Name, subtype: string, def: Node | undefined): void {
    if (!def || !('PartitionCmd' in def)) return
    const partition = this.table(toName(def.PartitionCmd.name))
    if (subtype === 'AT_AttachPartition' && partition) {
      partition.partitionOf = parent
      if (def.PartitionCmd.bound) partition.bound = def.PartitionCmd.bound
    }
    if (subtype === 'AT_DetachPartition') delete partition?.partitionOf
  }
}

function withDefault(
  { constraints = [], ...column }: ColumnDef,
  value: Node | undefined,
): ColumnDef {
  const others = constraints.filter(
    (one) => !('Constraint' in one && one.Constraint.contype === 'CONSTR_DEFAULT'),
  )
  const added: Node[] = value
    ? [{ Constraint: { contype: 'CONSTR_DEFAULT', raw_expr: value } }]
    : []
  return { ...column, constraints: [...others, ...added] }
}

const CONSTRAINTS: ReadonlySet<Constraint['contype']> = new Set<Constraint['contype']>([
  'CONSTR_CHECK',
  'CONSTR_NOTNULL',
  'CONSTR_FOREIGN',
  'CONSTR_PRIMARY',
  'CONSTR_UNIQUE',
  'CONSTR_EXCLUSION',
])

const INDEXED: ReadonlySet<Constraint['contype']> = new Set<Constraint['contype']>([
  'CONSTR_PRIMARY',
  'CONSTR_UNIQUE',
  'CONSTR_EXCLUSION',
])
