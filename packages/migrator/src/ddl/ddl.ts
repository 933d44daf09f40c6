import { lastName, type CatalogObject, type ObjectOf } from '../catalog/index.ts'
import { quoteName } from '../sql/quote-name.ts'
import { escapeLiteral } from 'pg'

/**
 * Writes the statements that make the objects of a catalog, in an order in which they run. Objects of other kinds
 * (functions, views, triggers, policies, …) are returned as `unmade`: a person has to make them, and what uses them.
 */
export function createStatements(objects: readonly CatalogObject[]): {
  statements: Making[]
  unmade: string[]
} {
  const statements: Making[] = []
  const unmade: string[] = []
  const wholes = new Set(
    objects.flatMap((one) =>
      one.kind === 'domain' || (one.kind === 'table' && createTable(one, objects) !== undefined)
        ? [one.identity]
        : [],
    ),
  )
  const present = new Set(objects.map(({ identity }) => identity))
  // The sequence of an identity column is made with the column.
  const identities = new Set<string | undefined>(
    objects.flatMap((one) => (one.kind === 'column' && one.asIdentity ? [one.identity] : [])),
  )
  for (const object of objects) {
    if (object.kind === 'column' && wholes.has(object.of)) continue
    // A part of an object that cannot be made: a column of a view.
    if ('of' in object && !wholes.has(object.of) && present.has(object.of)) continue
    if (object.kind === 'sequence' && identities.has(object.ownedBy)) continue
    const makes = `${object.kind} ${object.identity}`
    statements.push(...finish(object, wholes).map((sql) => ({ sql, makes })))
    if (object.kind === 'index' && object.constraint !== undefined) continue
    const sql = createOne(object, objects)
    if (sql === undefined) unmade.push(makes)
    else if (sql !== '') statements.push({ sql, makes })
  }
  return { statements: statements.sort(byStage), unmade }
}

/** A statement, and the object that it makes, as `kind identity`. */
export interface Making {
  readonly sql: string
  readonly makes: string
}

/** Foreign keys come last: the tables that they reference exist then. */
function byStage(a: Making, b: Making): number {
  return stage(a.sql) - stage(b.sql)
}

function stage(sql: string): number {
  if (/^create (schema|extension)/.test(sql)) return -3
  if (/^create (type|sequence)/.test(sql)) return -2
  if (sql.startsWith('create domain')) return -1
  if (sql.startsWith('alter domain')) return 0
  if (/^create (unlogged )?table/.test(sql)) return 1
  if (sql.includes(' add column ')) return 2
  if (sql.startsWith('alter sequence')) return 3
  if (sql.includes(' foreign key ') || / (row level security|replica identity)/.test(sql)) return 5
  return sql.includes(' add constraint ') ? 3 : 4
}

/** What an object is to be, and cannot be made with. */
function finish(object: CatalogObject, wholes: ReadonlySet<string>): string[] {
  if (object.kind === 'sequence' && object.ownedBy !== undefined)
    return [`alter sequence ${object.identity} owned by ${object.ownedBy}`]
  if (object.kind === 'index' && object.replicaIdentity)
    return [
      `alter table ${object.of} replica identity using index ${quoteName(lastName(object.identity))}`,
    ]
  if (object.kind !== 'table' || !wholes.has(object.identity)) return []
  const { replicaIdentity: identity, rowSecurity, forcedRowSecurity } = object
  const changes = [
    rowSecurity ? 'enable row level security' : '',
    forcedRowSecurity ? 'force row level security' : '',
    identity === 'full' || identity === 'nothing' ? `replica identity ${identity}` : '',
  ].filter((change) => change !== '')
  return changes.length > 0 ? [`alter table ${object.identity} ${changes.join(', ')}`] : []
}

/** Empty where another statement makes the object; undefined where it is of a kind that is not made here. */
function createOne(object: CatalogObject, all: readonly CatalogObject[]): string | undefined {
  switch (object.kind) {
    case 'schema':
      return object.identity === 'public' ? '' : `create schema ${object.identity}`
    case 'extension':
      return object.identity === 'plpgsql'
        ? ''
        : `create extension if not exists ${object.identity} schema ${object.schema}`
    case 'enum':
      return `create type ${object.identity} as enum (${(object.labels ?? []).map((label) => escapeLiteral(label)).join(', ')})`
    case 'domain':
      return createDomain(object)
    case 'sequence':
      return createSequence(object)
    case 'table':
      return createTable(object, all)
    case 'column':
      return `alter table ${object.of} add column ${columnSql(object)}`
    case 'constraint':
      return addConstraint(object, isOfDomain(object, all))
    case 'index':
      return createIndex(object)
    case 'comment':
    case 'setting':
    case 'default-grants':
      return ''
    default:
      return undefined
  }
}

/** For the sequence of a serial column, which the column's default names. */
function createSequence(sequence: ObjectOf<'sequence'>): string {
  const { identity, type, start, increment, minimum, maximum, cache, cycle } = sequence
  return `create sequence ${identity} as ${type} increment ${increment} minvalue ${minimum} maxvalue ${maximum} start ${start} cache ${cache}${cycle ? ' cycle' : ''}`
}

/** Its checks are constraints of their own. */
function createDomain({
  identity,
  type,
  collation,
  default: value,
  notNull,
}: ObjectOf<'domain'>): string {
  return [
    `create domain ${identity} as ${type}`,
    collation === undefined ? '' : `collate ${collation}`,
    value === undefined ? '' : `default ${value}`,
    notNull ? 'not null' : '',
  ]
    .filter((part) => part !== '')
    .join(' ')
}

function isOfDomain({ of }: ObjectOf<'constraint'>, all: readonly CatalogObject[]): boolean {
  return all.some(({ kind, identity }) => kind === 'domain' && identity === of)
}

function createTable(table: ObjectOf<'table'>, all: readonly CatalogObject[]): string | undefined {
  if (table.partitionBy ?? table.partitionOf ?? table.inherits ?? table.ofType ?? table.server) {
    return undefined
  }
  const columns = all.filter(
    (one): one is ObjectOf<'column'> => one.kind === 'column' && one.of === table.identity,
  )
  return `create ${table.unlogged ? 'unlogged ' : ''}table ${table.identity} (${columns.map(columnSql).join(', ')})`
}

function columnSql(column: ObjectOf<'column'>): string {
  const { identity, type, collation, notNull, default: value, asIdentity } = column
  return [
    quoteName(lastName(identity)),
    type,
    collation === undefined ? '' : `collate ${collation}`,
    column.generated === undefined
      ? ''
      : `generated always as (${column.generatedAs}) ${column.generated}`,
    asIdentity === undefined ? '' : `generated ${asIdentity} as identity`,
    value === undefined ? '' : `default ${value}`,
    notNull ? 'not null' : '',
  ]
    .filter((part) => part !== '')
    .join(' ')
}

/** Undefined for a constraint that cannot be made on its own. */
export function addConstraint(
  constraint: ObjectOf<'constraint'>,
  isOnDomain = false,
): string | undefined {
  const definition = constraintSql(constraint)
  if (definition === undefined) return undefined
  const { identity, of, deferrable, notValid } = constraint
  const deferred = deferrable === undefined ? '' : ` deferrable ${deferrable}`
  return `alter ${isOnDomain ? 'domain' : 'table'} ${of} add constraint ${quoteName(lastName(identity))} ${definition}${deferred}${notValid ? ' not valid' : ''}`
}

function constraintSql(constraint: ObjectOf<'constraint'>): string | undefined {
  const { type, columns = [], expression, references, referencedColumns = [] } = constraint
  if (constraint.temporal || constraint.notEnforced || constraint.inherited) return undefined
  switch (type) {
    case 'primary key':
    case 'unique':
      return `${type} (${quotedList(columns)})`
    case 'check':
      return `check (${expression})${constraint.noInherit ? ' no inherit' : ''}`
    case 'foreign key':
      return [
        `foreign key (${quotedList(columns)}) references ${references} (${quotedList(referencedColumns)})`,
        constraint.match === undefined ? '' : `match ${constraint.match}`,
        constraint.onUpdate === undefined ? '' : `on update ${constraint.onUpdate}`,
        constraint.onDelete === undefined ? '' : `on delete ${constraint.onDelete}`,
      ]
        .filter((part) => part !== '')
        .join(' ')
    default:
      return undefined
  }
}

function quotedList(names: readonly string[]): string {
  return names.map((name) => quoteName(name)).join(', ')
}

/** Undefined for an index of a partitioned index or of a tablespace. */
export function createIndex(index: ObjectOf<'index'>): string | undefined {
  if (index.attachedTo !== undefined || index.tablespace !== undefined) return undefined
  const { identity, of, method, unique, elements, include, predicate, options } = index
  return [
    `create ${unique ? 'unique ' : ''}index ${quoteName(lastName(identity))} on ${of} using ${method} (${elements.join(', ')})`,
    include === undefined ? '' : `include (${include.join(', ')})`,
    index.nullsNotDistinct ? 'nulls not distinct' : '',
    options === undefined ? '' : `with (${options.join(', ')})`,
    predicate === undefined ? '' : `where ${predicate}`,
  ]
    .filter((part) => part !== '')
    .join(' ')
}
