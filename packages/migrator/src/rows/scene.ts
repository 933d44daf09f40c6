import type { Node } from '@pgsql/types'
import type { ClientBase } from 'pg'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { Texts } from '../sql/parse.ts'
import { attempt } from './attempt.ts'
import { columnsIn } from './nodes.ts'
import type { Random } from './random.ts'
import type { Column } from './tables.ts'
import { withoutDomain } from './types.ts'
import type { AcceptedValues, Value } from './values.ts'

/** A row that is being made, as expressions over its columns see it. */
export interface Scene {
  readonly client: ClientBase
  readonly texts: Texts
  readonly random: Random
  readonly accepted: AcceptedValues
  /** The table's name, which an expression may use. */
  readonly name: string
  readonly columns: readonly Column[]
  readonly values: Map<string, Value>
  /** Gives a column another value, which is not NULL if there is one. */
  readonly redraw: (column: Column) => void
}

/** The values of expressions over the row, as texts; undefined where PostgreSQL cannot compute them. */
export async function evaluate(
  scene: Scene,
  expressions: readonly string[],
): Promise<readonly Value[] | undefined> {
  const selected = expressions.map((one, i) => `(${one})::pg_catalog.text as e${i}`)
  const outcome = await attempt(
    scene.client,
    `select ${selected.join(', ')} from ${writeRow(scene, expressions.join(' '))}`,
  )
  const [row] = 'rows' in outcome ? outcome.rows : []
  return row && expressions.map((_, i) => row[`e${i}`] ?? null)
}

/** Only the columns that are used: another's value may be none that its type can read. */
function writeRow({ columns, values, name }: Scene, used: string): string {
  const generated = columns.filter(
    ({ filledBy, name }) => filledBy === 'generated' && isIn(name, used),
  )
  const all = [used, ...generated.map(({ expression = '' }) => expression)].join(' ')
  const given = columns
    .filter((column) => column.filledBy !== 'generated' && isIn(column.name, all))
    .map(
      (column) =>
        `${writeValue(column, values.get(column.name) ?? null)} as ${quoteName(column.name)}`,
    )
  const computed = generated.map(({ expression, name }) => `(${expression}) as ${quoteName(name)}`)
  return `(select ${['*', ...computed].join(', ')} from (select ${['1 as "1"', ...given].join(', ')}) ${quoteName(name)}) ${quoteName(name)}`
}

function isIn(name: string, text: string): boolean {
  return text.toLowerCase().includes(name.toLowerCase())
}

/** Without the domain, whose CHECKs would end the reading of a value that is still to be mended. */
function writeValue({ type }: Column, value: Value): string {
  return `${writeLiteral(value)}::${withoutDomain(type).sql}`
}

export function writeLiteral(value: Value): string {
  return value === null ? 'null' : quoteLiteral(value)
}

/** Gives at least one of the columns that an expression reads another value. */
export function redrawSome(scene: Scene, node: Node): void {
  const columns = columnsIn(node, scene.columns)
  for (const column of scene.random.some(columns, scene.random.int(1, 2))) scene.redraw(column)
}
