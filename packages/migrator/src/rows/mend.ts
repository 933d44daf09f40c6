import type { PostgresError } from '../errors/postgres-error.ts'
import { findRefused } from './insert.ts'
import type { Draft } from './draft.ts'
import { satisfy } from './satisfy.ts'
import type { Scene } from './scene.ts'
import type { Column, Table } from './tables.ts'

/** Changes what PostgreSQL has refused: the part that it names, or else some column by chance. */
export async function mendDrafts(
  drafts: readonly Draft[],
  tables: readonly Table[],
  refusal: PostgresError,
  sceneOf: (draft: Draft) => Scene,
  bound: string | null,
): Promise<void> {
  const { draft, table } = findRefused(drafts, tables, refusal)
  if (!draft) return
  const scene = sceneOf(draft)
  const expression = findExpression(draft.table, table, refusal, bound)
  const node = expression === undefined ? undefined : scene.texts.readExpression(expression)
  if (node) return satisfy(scene, node)
  const columns = findColumns(draft.table, table, refusal)
  for (const column of scene.random.some(columns, scene.random.int(1, 2))) scene.redraw(column)
}

function findExpression(
  table: Table,
  refusing: Table | undefined,
  { sqlstate, constraint }: PostgresError,
  bound: string | null,
): string | undefined {
  if (sqlstate !== '23514') return undefined
  if (constraint === undefined) return bound ?? undefined
  const checks = [...(refusing?.checks ?? []), ...table.checks]
  return checks.find(({ name }) => name === constraint)?.expression
}

/** The columns that a refusal is about; all, where it does not say. */
function findColumns(
  table: Table,
  refusing: Table | undefined,
  { constraint, column, dataType }: PostgresError,
): readonly Column[] {
  const parts = [refusing ?? table, table].flatMap(({ keys, foreignKeys }) => [
    ...keys,
    ...foreignKeys,
  ])
  const names = parts.find(({ name }) => name === constraint)?.columns ?? [column]
  const open = table.columns.filter(({ filledBy }) => filledBy !== 'generated')
  const found = open.filter(({ name }) => names.includes(name))
  if (found.length > 0) return found
  const ofType = open.filter(({ type }) => dataType !== undefined && type.sql.includes(dataType))
  return ofType.length > 0 ? ofType : open
}
