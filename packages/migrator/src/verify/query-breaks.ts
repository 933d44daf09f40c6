import type { PostgresError } from '../errors/postgres-error.ts'
import type { NamedRelation, QueryParts } from '../releases/query-parameters.ts'
import type { RecordedRelease } from '../releases/recorded-release.ts'
import { findChange, type PlayableQuery, type QueryAnswer } from './play-queries.ts'
import type { Unproved } from './report.ts'

/** Recorded queries that one and the same thing breaks. */
export interface QueryBreak {
  /** `Customer.note` where an entity knows the column, else `customer.note`, or the query by its line. */
  readonly object: string
  readonly happened: string
}

interface Broken {
  readonly playable: PlayableQuery
  readonly object: string
  /** Why, as a sentence. */
  readonly reason: string
}

/** Queries that were answered before and are not after, or not with the same columns. */
export function findQueryBreaks(
  release: RecordedRelease,
  before: readonly QueryAnswer[],
  after: readonly QueryAnswer[],
): QueryBreak[] {
  const broken = after.flatMap((answer, index): Broken[] => {
    const was = before[index]
    if (!was || was.refusal) return []
    if (answer.refusal) return [toBroken(release, answer.playable, answer.refusal)]
    const change = findChange(was, answer)
    if (!change) return []
    const object = findObject(release, answer.playable, { column: change.column })
    return [
      { playable: answer.playable, object, reason: `PostgreSQL answers it, but ${change.how}.` },
    ]
  })
  return describeOnce(release, broken)
}

/** Queries that are answered only after a contract step: before it their text is refused, or a row without some value. */
export function findQueriesAhead(
  release: RecordedRelease,
  before: readonly QueryAnswer[],
  after: readonly QueryAnswer[],
): QueryBreak[] {
  const ahead = before.flatMap(({ playable, refusal }, index): Broken[] => {
    if (!refusal || !/^42|^23502/.test(refusal.sqlstate) || after[index]?.refusal) return []
    return [toBroken(release, playable, refusal)]
  })
  return describeOnce(release, ahead)
}

/** What was refused already before, or could not be recorded, proves nothing of the migration. */
export function findUnproved(release: RecordedRelease, before: readonly QueryAnswer[]): Unproved[] {
  const unrecorded = (release.unrecorded ?? []).map(({ unrecorded: sql, line }) => ({
    object: nameQuery(release, line),
    reason: `it was not recorded: a value stands where no parameter can. Write its line as {"sql": "…"}, with values that anybody may read. It is: ${shorten(sql, 400)}`,
  }))
  const refused = before.flatMap(({ playable: { query, values }, refusal }) => {
    if (!refusal) return []
    const shown = values.map((value, index) => `$${index + 1} = ${value ?? 'null'}`).join(', ')
    const withValues = shown === '' ? '' : ` with ${shorten(shown, 200)}`
    const why = `PostgreSQL refuses it already before the migration${withValues} (${refusal.sqlstate}): ${refusal.message}. It is: ${shorten(query.sql, 400)}`
    // A text that PostgreSQL does not read needs no other values.
    const reason = refusal.sqlstate.startsWith('42')
      ? why
      : `${why}. Where it needs certain values, write them in its line as "values".`
    return [{ object: nameQuery(release, query.line), reason }]
  })
  return [...refused, ...unrecorded]
}

function shorten(text: string, most: number): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > most ? `${line.slice(0, most)}…` : line
}

function toBroken(
  release: RecordedRelease,
  playable: PlayableQuery,
  refusal: PostgresError,
): Broken {
  const object = findObject(release, playable, placeOf(playable, refusal))
  return {
    playable,
    object,
    reason: `PostgreSQL refuses it (${refusal.sqlstate}): ${refusal.message}.`,
  }
}

function describeOnce(release: RecordedRelease, broken: readonly Broken[]): QueryBreak[] {
  const same = Map.groupBy(broken, ({ object, reason }) => `${object} ${reason}`)
  return [...same.values()].flatMap(([first, ...others]) => {
    if (!first) return []
    const { query } = first.playable
    const lines = others.map(({ playable }) => playable.query.line).join(', ')
    const more =
      others.length > 0 ? ` In the same way it breaks other queries of it: ${lines}.` : ''
    const happened = `${nameQuery(release, query.line)}: ${shorten(query.sql, 400)}. ${first.reason}${more}`
    return [{ object: first.object, happened }]
  })
}

function nameQuery({ name }: RecordedRelease, line: number): string {
  return `query ${line} of ${name}`
}

/** Where PostgreSQL points, or what it names. */
interface Place {
  readonly relation?: string
  readonly table?: string
  readonly column?: string
}

function placeOf({ query, parts }: PlayableQuery, refusal: PostgresError): Place {
  const { position, table, column } = refusal
  if (table !== undefined) return { table, ...(column !== undefined && { column }) }
  if (position === undefined) return {}
  const start = Buffer.byteLength(
    Array.from(query.sql)
      .slice(0, position - 1)
      .join(''),
  )
  const relation = parts.relations.find((one) => one.start === start)
  return (
    parts.columns.find((one) => one.start === start) ?? (relation ? { table: relation.name } : {})
  )
}

function findObject(
  { entities, name }: RecordedRelease,
  { query, parts }: PlayableQuery,
  place: Place,
): string {
  const { column } = place
  const table = place.table ?? findTable(entities, parts, place)?.name
  if (table === undefined) return `query ${query.line} of ${name}`
  const entity = entities.find((one) => one.table === table)
  const property = entity?.columns.find((one) => one.column === column)?.property
  if (entity && (property !== undefined || column === undefined))
    return property === undefined ? entity.entity : `${entity.entity}.${property}`
  return column === undefined ? table : `${table}.${column}`
}

/** The relation that a column is of: by its alias, else the one that an entity says has it, else the only one. */
function findTable(
  entities: RecordedRelease['entities'],
  { relations }: QueryParts,
  { relation, column }: Place,
): NamedRelation | undefined {
  if (relation !== undefined) {
    const named = relations.find(({ alias }) => alias === relation)
    if (named) return named
  }
  const known = relations.find(({ name }) =>
    entities.some((one) => one.table === name && one.columns.some((own) => own.column === column)),
  )
  if (known) return known
  return new Set(relations.map(({ name }) => name)).size === 1 ? relations[0] : undefined
}
