import type { EntityMetadata, EntityProperty, MikroORM } from '@mikro-orm/core'
import type {
  RecordedColumn,
  RecordedEntity,
  RecordedRelation,
} from '../releases/recorded-release.ts'

/** What an application with these entities sends: metadata holds functions, so this is what can be kept of it. */
export function recordedEntities(orm: MikroORM): RecordedEntity[] {
  return [...orm.getMetadata().getAll().values()]
    .filter(hasTable)
    .map(toEntity)
    .toSorted((a, b) => (a.entity < b.entity ? -1 : 1))
}

/** A view is read by its query, which the catalog compares. */
function hasTable(meta: EntityMetadata): boolean {
  return !meta.abstract && !meta.embeddable && !meta.virtual && !meta.expression && !meta.view
}

function toEntity(meta: EntityMetadata): RecordedEntity {
  const stored = meta.props.filter(hasColumns)
  const columnsOf = (names: readonly string[]) =>
    names.flatMap((name) => stored.find((one) => one.name === name)?.fieldNames ?? [])
  const own = stored.filter(({ unique }) => unique).map(({ fieldNames }) => fieldNames)
  const declared = meta.uniques
    .map(({ properties = [] }) => columnsOf([properties].flat()))
    .filter(({ length }) => length > 0)
  return {
    entity: meta.className,
    ...schemaOf(meta),
    table: meta.tableName,
    key: columnsOf(meta.primaryKeys),
    columns: stored.flatMap(toColumns),
    uniques: [...own, ...declared],
    relations: stored.filter(isReference).map(toRelation),
  }
}

function schemaOf({ schema }: { readonly schema?: string | undefined }): {
  readonly schema?: string
} {
  return schema !== undefined && schema !== '*' ? { schema } : {}
}

/** The columns of an embeddable are properties of their own; the other side of a relation has none here. */
function hasColumns(property: EntityProperty): boolean {
  const { fieldNames, persist, formula, object } = property
  const isHere =
    is(property, 'scalar') || isReference(property) || (is(property, 'embedded') && object === true)
  return isHere && persist !== false && formula === undefined && fieldNames.length > 0
}

function isReference(property: EntityProperty): boolean {
  return is(property, 'm:1') || (is(property, '1:1') && property.owner)
}

/** The enumeration of kinds is the project's own copy's. */
function is({ kind }: { readonly kind: string }, wanted: string): boolean {
  return kind === wanted
}

function toColumns(property: EntityProperty): RecordedColumn[] {
  const sent = sentOf(property)
  return property.fieldNames.map((column) => ({ property: property.name, column, sent }))
}

function sentOf(property: EntityProperty): RecordedColumn['sent'] {
  const { generated, nullable, autoincrement, defaultRaw, onCreate, version } = property
  if (generated !== undefined || autoincrement) return 'never'
  if (onCreate) return 'always'
  return nullable || version || defaultRaw !== undefined ? 'sometimes' : 'always'
}

function toRelation(property: EntityProperty): RecordedRelation {
  const { name, fieldNames, referencedTableName, referencedColumnNames, targetMeta } = property
  const [last, schema] = referencedTableName.split('.').toReversed()
  return {
    property: name,
    columns: fieldNames,
    ...(schema === undefined ? schemaOf({ schema: targetMeta?.schema }) : { schema }),
    table: last ?? referencedTableName,
    referenced: referencedColumnNames,
  }
}
