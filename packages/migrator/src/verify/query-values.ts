import type { ClientBase } from 'pg'
import type { Name } from '../migration.ts'
import type { ParameterUse, QueryParts } from '../releases/query-parameters.ts'
import type { MakeValue } from '../rows/index.ts'
import { quoteName } from '../sql/quote-name.ts'
import { asApplication } from './as-application.ts'

/** The type that PostgreSQL finds for a parameter. */
export interface ParameterType {
  readonly oid: string
  readonly name: string
}

/** Some rows of a relation, as texts. */
export interface Sample {
  readonly columns: readonly { readonly name: string; readonly oid: string }[]
  readonly rows: readonly (readonly (string | null)[])[]
}

const NONE: Sample = { columns: [], rows: [] }

/** Of each relation some rows, read when a query first needs them. */
export class QuerySamples {
  readonly #known = new Map<string, Sample>()
  readonly #client: ClientBase

  constructor(client: ClientBase) {
    this.#client = client
  }

  /** None of what is no relation, such as the name of a WITH. */
  async of({ name, schema }: Name): Promise<Sample> {
    const sql = quoteName(name, schema)
    const known = this.#known.get(sql)
    if (known) return known
    const found = await asApplication(this.#client, () => readSample(this.#client, sql))
    const sample = 'rows' in found ? found : NONE
    this.#known.set(sql, sample)
    return sample
  }
}

const asText = { getTypeParser: () => (text: string) => text }

async function readSample(client: ClientBase, sql: string): Promise<Sample> {
  const { fields, rows } = await client.query<(string | null)[]>({
    text: `select * from ${sql} limit 3`,
    rowMode: 'array',
    types: asText,
  })
  const columns = fields.map(({ name, dataTypeID }) => ({ name, oid: String(dataTypeID) }))
  return { columns, rows }
}

/** What the values of a query's parameters are made from. */
export interface ValueSource {
  readonly parts: QueryParts
  readonly types: readonly ParameterType[]
  /** By the alias of a relation, in the order of the text. */
  readonly samples: ReadonlyMap<string, Sample>
  readonly byHand: Readonly<Record<string, string | null>>
  readonly make: MakeValue
}

/**
 * A value for each parameter: by hand where there is one, else that of the column it is compared with or written to, in
 * the row of this number, else an ordinary one of its type.
 */
export function chooseValues(source: ValueSource, row: number): (string | null)[] {
  const { parts, types, byHand, make } = source
  return types.map((type, index) => {
    const number = index + 1
    const given = byHand[String(number)]
    if (given !== undefined) return given
    const use = parts.parameters.get(number)
    const found = use && findValue(source, use, row, type)
    return found === undefined ? make(type.oid) : found
  })
}

function findValue(
  { samples }: ValueSource,
  { relation, column, row }: ParameterUse,
  first: number,
  type: ParameterType,
): string | null | undefined {
  const named = relation === undefined ? undefined : samples.get(relation)
  for (const { columns, rows } of [...(named ? [named] : []), ...samples.values()]) {
    const place =
      typeof column === 'number' ? column : columns.findIndex(({ name }) => name === column)
    const value = rows[(first + row) % Math.max(rows.length, 1)]?.[place]
    const oid = columns[place]?.oid
    if (value !== undefined && oid !== undefined) return fit(value, oid, type)
  }
  return undefined
}

const TEXTS = new Set(['text', 'character varying', 'character'])
const NUMBERS = new Set(['20', '21', '23', '700', '701', '1700'])

/** Undefined where a value of the column is none of the parameter's type. */
function fit(value: string | null, oid: string, type: ParameterType): string | null | undefined {
  if (oid === type.oid || value === null || TEXTS.has(type.name)) return value
  if (NUMBERS.has(oid) && NUMBERS.has(type.oid)) return value
  if (!type.name.endsWith('[]')) return undefined
  return `{"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"}`
}
