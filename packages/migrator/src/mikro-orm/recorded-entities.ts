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
  const columns = meta.props.filter(hasColumns)
  const namesOf = (property: string) => meta.properties[property as never]?.fieldNames ?? []
  const own = columns.filter(({ unique }) => unique).map(({ fieldNames }) => fieldNames)
  const declared = meta.uniques.flatMap(({ properties = [] }) => {
    const names = [properties].flat().flatMap((one) => namesOf(String(one)))
    return names.length > 0 ? [names] : []
  })
  return {
    entity: meta.className,
    ...(meta.schema && meta.schema !== '*' && { schema: meta.schema }),
    table: meta.tableName,
    key: meta.primaryKeys.flatMap((one) => namesOf(String(one))),
    columns: columns.flatMap(toColumns),
    uniques: [...own, ...declared],
    relations: columns.flatMap(toRelation),
  }
}

/** The columns of an embeddable are properties of their own; the other side of a relation has none here. */
function hasColumns({
  fieldNames,
  persist,
  formula,
  kind,
  object,
  owner,
}: EntityProperty): boolean {
  const isHere =
    kind === 'scalar' ||
    kind === 'm:1' ||
    (kind === '1:1' && owner) ||
    (kind === 'embedded' && object)
  return Boolean(isHere) && persist !== false && formula === undefined && fieldNames?.length > 0
}

function toColumns(property: EntityProperty): RecordedColumn[] {
  return property.fieldNames.map((column) => ({
    property: property.name,
    column,
    sent: sentOf(property),
  }))
}

function sentOf(property: EntityProperty): RecordedColumn['sent'] {
  const { generated, nullable, autoincrement, defaultRaw, onCreate, version } = property
  if (generated !== undefined) return 'never'
  if (onCreate) return 'always'
  return nullable || autoincrement || version || defaultRaw !== undefined ? 'sometimes' : 'always'
}

function toRelation(property: EntityProperty): RecordedRelation[] {
  const { kind, name, fieldNames, referencedTableName, referencedColumnNames, targetMeta } =
    property
  if (kind !== 'm:1' && kind !== '1:1') return []
  const [schema, table] = referencedTableName.includes('.')
    ? referencedTableName.split('.', 2)
    : [targetMeta?.schema === '*' ? undefined : targetMeta?.schema, referencedTableName]
  return [
    {
      property: name,
      columns: fieldNames,
      ...(schema && { schema }),
      table: table ?? referencedTableName,
      referenced: referencedColumnNames ?? [],
    },
  ]
}
