import { quoteName } from '../sql/quote-name.ts'
import { attempt, type Outcome } from './attempt.ts'
import { findNullable, type Draft } from './draft.ts'
import { writeLiteral, type Scene } from './scene.ts'
import type { Table } from './tables.ts'

/**
 * Inserts rows by one statement, which checks foreign keys at its end: rows may reference one another. Returns the oid of
 * the table that each is in.
 */
export function insertDrafts(client: Scene['client'], drafts: readonly Draft[]): Promise<Outcome> {
  const [only] = drafts
  // A table with rules takes no part in a WITH.
  if (only && drafts.length === 1)
    return attempt(client, `${writeInsert(only)} returning tableoid::pg_catalog.text as oid`)
  const parts = drafts.map((draft, i) => `r${i} as (${writeInsert(draft)} returning tableoid)`)
  const landed = drafts.map((_, i) => `select tableoid::pg_catalog.text as oid from r${i}`)
  return attempt(client, `with ${parts.join(', ')} ${landed.join(' union all ')}`)
}

function writeInsert({ table, values }: Draft): string {
  if (values.size === 0) return `insert into ${table.sql} default values`
  const names = [...values.keys()].map((name) => quoteName(name))
  const literals = [...values.values()].map(writeLiteral)
  return `insert into ${table.sql} (${names.join(', ')}) overriding system value values (${literals.join(', ')})`
}

/**
 * Points the foreign keys that have nothing to reference at rows of the same statement, with the keys that these have. A
 * key that a sequence makes is taken from it before.
 */
export async function linkDrafts(
  drafts: readonly Draft[],
  sceneOf: (draft: Draft) => Scene,
): Promise<void> {
  for (const draft of drafts)
    for (const { key, pool } of draft.references) {
      if (findNullable(key, draft.table).length > 0) continue
      const target = findLinked(drafts, key.references.oid)
      if (pool.length > 0 || !target) continue
      for (const [i, name] of key.columns.entries()) {
        const value = await settle(target, key.referencedColumns[i] ?? '', sceneOf)
        draft.values.set(name, value)
      }
    }
}

export function findLinked(drafts: readonly Draft[], oid: string): Draft | undefined {
  return drafts.find(({ table }) => table.oid === oid)
}

/** The value that a column will have. */
async function settle(draft: Draft, name: string, sceneOf: (draft: Draft) => Scene) {
  const known = draft.values.get(name)
  if (typeof known === 'string') return known
  const column = draft.table.columns.find((one) => one.name === name)
  if (!column) return null
  const scene = sceneOf(draft)
  if (column.filledBy === 'sequence') {
    const sql = `select (${column.expression})::pg_catalog.text as next`
    const outcome = await attempt(scene.client, sql)
    draft.values.set(name, ('rows' in outcome && outcome.rows[0]?.['next']) || null)
  } else scene.redraw(column)
  return draft.values.get(name) ?? null
}

/** The row that a refusal is about: of the table that it names, which may be a partition. */
export function findRefused(
  drafts: readonly Draft[],
  tables: readonly Table[],
  refusal: { readonly schema?: string; readonly table?: string },
): Draft | undefined {
  const table = tables.find(
    ({ schema, name }) => schema === refusal.schema && name === refusal.table,
  )
  return drafts.find((one) => one.table.oid === (table?.root ?? table?.oid)) ?? drafts[0]
}
