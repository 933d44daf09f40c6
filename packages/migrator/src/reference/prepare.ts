import type { ClientBase } from 'pg'
import type { ReferenceTable } from '../project/reference-table.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { withNewNames, type BaseTable } from './base.ts'
import type { Comparison } from './compare.ts'
import { findTarget, invalid, keyParts, passes, type Target, type TargetColumn } from './target.ts'

/** A table whose rows are merged. */
export interface Merged extends Comparison {
  /** The table is another one than that of the base: it was made again. */
  readonly isRemade: boolean
}

/**
 * What is shipped, and what was, by the tables as they are now. A table that is no longer shipped takes part while it is
 * there. On the migrator's side. Throws REFERENCE_DATA_INVALID.
 */
export async function prepareTables(
  client: ClientBase,
  shipped: readonly ReferenceTable[],
  base: readonly BaseTable[],
): Promise<readonly Merged[]> {
  const merged: Merged[] = []
  const rest = new Set(base)
  for (const ours of shipped) {
    const target = await findTarget(client, ours)
    if (!target) throw invalid(ours.table, 'There is no such table, where names are looked for.')
    if (merged.some((one) => one.target.oid === target.oid))
      throw invalid(
        target.label,
        'More than one export declares its rows. Declare all rows of a table in one.',
      )
    const before = findBase(base, target)
    if (before) rest.delete(before)
    merged.push(await prepare(client, target, ours, before))
  }
  for (const before of rest) {
    const one = await prepareLeft(client, before)
    if (one && !merged.some(({ target }) => target.oid === one.target.oid)) merged.push(one)
  }
  return merged
}

/** A table keeps its identity under another name; and its name where it was restored from a dump or made again. */
function findBase(base: readonly BaseTable[], { oid, schema, name }: Target) {
  const isNamed = (one: BaseTable) => one.schema === schema && one.table === name
  return base.find((one) => one.oid === oid) ?? base.find(isNamed)
}

async function prepare(
  client: ClientBase,
  target: Target,
  ours: ReferenceTable,
  before: BaseTable | undefined,
): Promise<Merged> {
  const key = keyParts(target, ours.key)
  if (!key)
    throw invalid(
      target.label,
      `Its key (${ours.key.join(', ')}) needs a unique index on just these columns, for all rows, and not deferrable.`,
    )
  requireColumns(target, ours)
  const known = before && (await byPresentNames(client, target, before))
  const rows = known && ours.key.every((name) => name in known.columns) ? known.rows : []
  const names = new Set([...columnsOf(ours), ...Object.keys(known?.columns ?? {})])
  const columns = target.columns.filter(({ name }) => names.has(name))
  const isRemade = before !== undefined && before.oid !== target.oid
  return { target, key, columns, ours, base: rows, isRemade }
}

/** Its rows are no longer shipped. Where nothing tells one from another any more, they stay as they are. */
async function prepareLeft(client: ClientBase, before: BaseTable): Promise<Merged | undefined> {
  const target =
    (await findTarget(client, { oid: before.oid })) ?? (await findTarget(client, before))
  if (!target) return undefined
  const known = await byPresentNames(client, target, before)
  const key = keyParts(target, known.key)
  if (!key || known.key.length < before.key.length) return undefined
  const columns = target.columns.filter(({ name }) => name in known.columns)
  const ours = { table: target.name, key: known.key, rows: [], earlier: [], onUpdate: {} }
  return { target, key, columns, ours, base: known.rows, isRemade: before.oid !== target.oid }
}

export function columnsOf({ rows: [first = {}] }: ReferenceTable): readonly string[] {
  return Object.keys(first)
}

function requireColumns(target: Target, ours: ReferenceTable): void {
  const names = columnsOf(ours)
  for (const name of [...names, ...ours.earlier.flatMap((row) => Object.keys(row))]) {
    const column = target.columns.find((one) => one.name === name)
    if (!column) throw invalid(target.label, `It has no column ${name}.`)
    if (column.isGenerated) throw invalid(target.label, `${name} is generated, and cannot be set.`)
  }
  for (const row of [...ours.rows, ...ours.earlier]) {
    const missing = ours.key.find((name) => typeof row[name] !== 'string')
    if (missing !== undefined)
      throw invalid(target.label, `Each row states its key, and one lacks ${missing}.`)
  }
  for (const row of ours.rows) {
    if (Object.keys(row).length === names.length && names.every((name) => name in row)) continue
    const reason = `Each row states the same columns (${names.join(', ')}), and that of ${keyText(ours, row)} does not.`
    throw invalid(target.label, reason)
  }
}

/** For people. */
export function keyText(
  { key }: Pick<ReferenceTable, 'key'>,
  row: Readonly<Record<string, unknown>>,
) {
  return key.map((name) => String(row[name])).join(', ')
}

/** A column is known by its place in a table that is still the same, and else by its name. */
async function byPresentNames(
  client: ClientBase,
  target: Target,
  before: BaseTable,
): Promise<BaseTable> {
  const renames = new Map<string, string>()
  for (const [name, { attnum, type }] of Object.entries(before.columns)) {
    const isSame = before.oid === target.oid
    const column =
      (isSame ? target.columns.find((one) => one.attnum === attnum) : undefined) ??
      target.columns.find((one) => one.name === name)
    if (!column || column.isGenerated) continue
    if (column.type === type || (await canRead(client, column, name, before))) {
      renames.set(name, column.name)
    }
  }
  return withNewNames(before, renames)
}

/** After a change of the column's type, what was shipped before may be no value of it. */
async function canRead(
  client: ClientBase,
  { exact }: TargetColumn,
  name: string,
  { rows }: BaseTable,
): Promise<boolean> {
  const cell = (part: string) => `(row->'${part}'->>${quoteLiteral(name)})::${exact}`
  return passes(
    client,
    `select ${cell('shipped')}, ${cell('stored')} from jsonb_array_elements($1::jsonb) as one(row)`,
    [JSON.stringify(rows)],
  )
}
