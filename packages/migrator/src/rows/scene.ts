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

/** What all rows of one table share. */
export type Common = Pick<Scene, 'client' | 'texts' | 'random' | 'accepted' | 'constants'>

/** A row that is being made, as expressions over its columns see it. */
export interface Scene {
  readonly client: ClientBase
  readonly texts: Texts
  readonly random: Random
  readonly accepted: AcceptedValues
  /** What expressions without columns are, once PostgreSQL has said it. */
  readonly constants: Map<string, readonly Value[] | undefined>
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
  const used = findUsed(scene.columns, expressions.join(' '))
  const selected = expressions.map((one, i) => `(${one})::pg_catalog.text as e${i}`)
  const sql = `select ${selected.join(', ')} from ${writeRow(scene, used)}`
  if (used.length === 0 && scene.constants.has(sql)) return scene.constants.get(sql)
  const outcome = await attempt(scene.client, sql)
  const [row] = 'rows' in outcome ? outcome.rows : []
  const values = row && expressions.map((_, i) => row[`e${i}`] ?? null)
  if (used.length === 0) scene.constants.set(sql, values)
  return values
}

/** Only the columns that are used: another's value may be none that its type can read. */
function findUsed(columns: readonly Column[], text: string): readonly Column[] {
  const generated = columns.filter(
    ({ filledBy, name }) => filledBy === 'generated' && isIn(name, text),
  )
  const all = [text, ...generated.map(({ expression = '' }) => expression)].join(' ')
  return columns.filter(({ name }) => isIn(name, all))
}

/** What is generated is computed from the other columns. */
function writeRow({ values, name }: Scene, used: readonly Column[]): string {
  const [given, generated] = [false, true].map((is) =>
    used.filter(({ filledBy }) => (filledBy === 'generated') === is),
  )
  const literals = given?.map(
    (one) => `${writeValue(one, values.get(one.name) ?? null)} as ${quoteName(one.name)}`,
  )
  const computed = generated?.map(({ name, expression }) => `(${expression}) as ${quoteName(name)}`)
  const alias = quoteName(name)
  return `(select ${['*', ...(computed ?? [])].join(', ')} from (select ${literals?.join(', ')}) ${alias}) ${alias}`
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
