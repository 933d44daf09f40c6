import type { PostgresError } from '../errors/postgres-error.ts'
import type { Draft } from './draft.ts'
import { columnsIn } from './nodes.ts'
import { satisfyAll } from './satisfy.ts'
import type { Scene } from './scene.ts'
import type { Column, Table } from './tables.ts'

/** Changes a row until its CHECKs are met, as far as they tell how. */
export function meetChecks(scene: Scene, table: Table): Promise<void> {
  const nodes = table.checks.flatMap(
    ({ expression }) => scene.texts.readExpression(expression) ?? [],
  )
  return satisfyAll(scene, nodes)
}

/** Changes the part of a row that PostgreSQL has refused: what it names, or else some column by chance. */
export async function mendDraft(draft: Draft, scene: Scene, refusal: PostgresError): Promise<void> {
  const columns = findColumns(draft.table, scene, refusal)
  if (refusal.sqlstate !== CHECK_VIOLATION) redraw(scene, columns)
  const before = [...draft.values.values()]
  await meetChecks(scene, draft.table)
  // As far as can be computed here all are met.
  const isSame = [...draft.values.values()].every((value, i) => value === before[i])
  if (isSame && refusal.sqlstate === CHECK_VIOLATION) redraw(scene, columns)
}

const CHECK_VIOLATION = '23514'

/** NULL, too: where all other values are taken it may be the last one. */
function redraw({ random, redraw, values }: Scene, columns: readonly Column[]): void {
  for (const column of random.some(columns, random.int(1, 2))) {
    redraw(column)
    if (column.isNullable && random.chance(0.15)) values.set(column.name, null)
  }
}

/** The columns that a refusal is about; all, where it does not say. */
function findColumns(
  { keys, foreignKeys, checks, columns }: Table,
  { texts }: Scene,
  { constraint, column, dataType }: PostgresError,
): readonly Column[] {
  const open = columns.filter(({ filledBy }) => filledBy !== 'generated')
  const check = checks.find(({ name }) => name === constraint)
  const node = check && texts.readExpression(check.expression)
  const key = [...keys, ...foreignKeys].find(({ name }) => name === constraint)
  const names = node ? columnsIn(node, columns).map(({ name }) => name) : (key?.columns ?? [column])
  const found = [
    open.filter(({ name }) => names.includes(name)),
    open.filter(({ type }) => dataType !== undefined && type.sql.includes(dataType)),
  ]
  return found.find(({ length }) => length > 0) ?? open
}
