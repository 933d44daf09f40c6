import type { ClientBase } from 'pg'
import type { PostgresError } from '../errors/postgres-error.ts'
import type { RecordedEntity, RecordedRelease } from '../releases/recorded-release.ts'
import {
  requestsOf,
  sampleQuery,
  valuesQuery,
  type ReleaseRequest,
  type Sample,
  type SampleRow,
} from '../releases/requests.ts'
import { asApplication } from './as-application.ts'

/** What is written of each entity that has a row, by the entity's name. */
export type Samples = ReadonlyMap<string, Sample>

/** What came of a request. */
export interface Answer {
  readonly request: ReleaseRequest
  readonly refusal?: PostgresError
}

/** A request that was answered before, and is refused now. */
export interface ReleaseBreak extends ReleaseRequest {
  readonly refusal: PostgresError
}

/** Takes the rows that a release writes again. Of a table that is not there, or has no rows, there is none. */
export async function sampleRows(client: ClientBase, release: RecordedRelease): Promise<Samples> {
  const samples = new Map<string, Sample>()
  for (const entity of release.entities.filter(({ key }) => key.length > 0)) {
    const answer = await ask(client, sampleQuery(entity))
    const row = 'rows' in answer ? answer.rows[0] : undefined
    if (row) samples.set(entity.entity, { row, values: await readValues(client, entity) })
  }
  return samples
}

async function readValues(client: ClientBase, entity: RecordedEntity): Promise<Sample['values']> {
  const values = new Map<string, (string | null)[]>()
  for (const column of entity.columns.filter(({ sent }) => sent !== 'never')) {
    const answer = await ask(client, valuesQuery(entity, column))
    const rows = 'rows' in answer ? answer.rows : []
    values.set(
      column.column,
      rows.map(({ value = null }) => value),
    )
  }
  return values
}

/** Sends what a release sends, each request by itself; nothing of it stays. */
export async function playRelease(
  client: ClientBase,
  { entities }: RecordedRelease,
  samples: Samples,
): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const request of entities.flatMap((one) => requestsOf(one, samples.get(one.entity)))) {
    const answer = await ask(client, request.sql)
    answers.push('rows' in answer ? { request } : { request, refusal: answer })
  }
  return answers
}

/** What was answered before and is refused after, the same refusal of an entity once. */
export function findReleaseBreaks(
  before: readonly Answer[],
  after: readonly Answer[],
): ReleaseBreak[] {
  const refusedBefore = new Set(
    before.filter(({ refusal }) => refusal).map(({ request }) => request.sql),
  )
  const breaks = new Map<string, ReleaseBreak>()
  for (const { request, refusal } of after) {
    if (!refusal || refusedBefore.has(request.sql)) continue
    const key = JSON.stringify([request.entity, refusal.sqlstate, refusal.message])
    if (!breaks.has(key)) breaks.set(key, { ...request, refusal })
  }
  return [...breaks.values()]
}

async function ask(
  client: ClientBase,
  sql: string,
): Promise<PostgresError | { readonly rows: readonly SampleRow[] }> {
  return asApplication(client, async () => {
    const results = [await client.query<Record<string, string | null>>(sql)].flat()
    // What is checked at the end of a transaction belongs to the request, too.
    await client.query('set constraints all immediate')
    return { rows: results.at(-1)?.rows ?? [] }
  })
}
