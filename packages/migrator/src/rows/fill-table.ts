import type { PostgresError } from '../errors/postgres-error.ts'
import {
  drawRow,
  findNullable,
  redrawColumn,
  shuffleDecks,
  type Decks,
  type Draft,
  type Reference,
} from './draft.ts'
import { findLinked, findRefused, insertDrafts, linkDrafts } from './insert.ts'
import { meetChecks, mendDraft } from './mend.ts'
import { randomFor, type Random } from './random.ts'
import type { References } from './references.ts'
import type { Common, Scene } from './scene.ts'
import type { Table } from './tables.ts'

/** What all tables of one call share. */
export interface Filling extends Omit<Common, 'random'> {
  readonly seed: number
  readonly references: References
  readonly tables: readonly Table[]
  /** How many rows a table has got, and why no further one was found, by oid. */
  readonly counts: Map<string, number>
  readonly reasons: Map<string, string>
}

/** How often a table's first row is tried, and each after it. */
const FIRST_TRIES = 120
const TRIES = 60

/** How often a row is tried of which no values are to blame, as far as PostgreSQL says. */
const HOPELESS_TRIES = 5

/** After so many tries a row begins with other values. */
const FRESH = 20

/** Inserts rows until the table has `share`, or until none is found; into each of its partitions. */
export async function fillTable(filling: Filling, table: Table, share: number): Promise<void> {
  const { tables, reasons, counts } = filling
  const random = randomFor(filling.seed, `${share} ${table.sql}`)
  const decks = shuffleDecks(table, random, filling.accepted)
  const leaves = tables.filter(({ root, isPartitioned }) => root === table.oid && !isPartitioned)
  const each = Math.ceil(share / Math.max(1, leaves.length))
  for (const target of table.isPartitioned ? leaves : [table]) {
    const work = { ...filling, random, decks, target, table: aimAt(table, target) }
    // A row for one partition may be one of another's: which of them a hash chooses nobody foresees.
    for (let n = 0; n < 4 * each && (counts.get(target.oid) ?? 0) < each; n += 1) {
      const reason = await addRow(work)
      if (reason === undefined) continue
      reasons.set(target.oid, reason)
      break
    }
    if (!counts.has(target.oid) && !reasons.has(target.oid))
      reasons.set(target.oid, `no row was found for its bound ${target.bound}`)
  }
  if (table.isPartitioned && !counts.has(table.oid))
    reasons.set(
      table.oid,
      leaves.length === 0 ? 'it has no partition' : 'its partitions have no rows',
    )
}

/** A partitioned table for rows of one partition, which may have constraints of its own. */
function aimAt(table: Table, target: Table): Table {
  if (table === target) return table
  return {
    ...table,
    checks: [...table.checks, ...target.checks, { name: '', expression: target.bound ?? 'true' }],
    keys: [...table.keys, ...target.keys],
    foreignKeys: [...table.foreignKeys, ...target.foreignKeys],
  }
}

interface Work extends Filling {
  readonly random: Random
  readonly decks: Decks
  readonly table: Table
  /** The table itself, or the partition that the row is for. */
  readonly target: Table
}

/** Inserts one row, with those that it needs; otherwise returns why not. */
async function addRow(work: Work): Promise<string | undefined> {
  const { target, tables, counts } = work
  const sceneOf = (draft: Draft) => toScene(work, draft)
  const reasons: string[] = []
  let drafts: Draft[] = []
  for (let n = 0; n < (counts.has(target.oid) ? TRIES : FIRST_TRIES); n += 1) {
    if (n % FRESH === 0) drafts = await beginRow(work, n / FRESH)
    const orphan = findOrphan(drafts)
    if (orphan !== undefined) return orphan
    await linkDrafts(drafts, sceneOf)
    const outcome = await insertDrafts(work.client, drafts)
    if ('refusal' in outcome) {
      reasons.push(explain(outcome.refusal, target))
      if (!MENDABLE.test(outcome.refusal.sqlstate) && n >= HOPELESS_TRIES) break
      const refused = findRefused(drafts, tables, outcome.refusal)
      if (refused) await mendDraft(refused, sceneOf(refused), outcome.refusal)
    } else if (outcome.rows.length > 0) {
      const landed = outcome.rows.map(({ oid }) => oid ?? '')
      return countRows(work, landed)
    } else {
      reasons.push('a trigger or a rule keeps rows out of it')
      if (n >= HOPELESS_TRIES) break
      drafts = await beginRow(work, 1)
    }
  }
  return findMostFrequent(reasons)
}

/**
 * A row with values, and rows of other tables where a foreign key needs one and there is none; from the third time on as if
 * there were none, since all may be taken.
 */
async function beginRow(work: Work, time: number): Promise<Draft[]> {
  const { decks, tables, table, counts } = work
  const drafts: Draft[] = []
  const add = async (table: Table, deck?: Parameters<typeof drawRow>[2]): Promise<void> => {
    const references: Reference[] = []
    for (const key of table.foreignKeys) {
      const pool = time < 2 ? await work.references.findPool(key) : []
      references.push({ key, pool, isNull: false, turn: 0 })
    }
    const draft = { table, values: new Map(), references }
    drawRow(draft, work, deck)
    drafts.push(draft)
    for (const { key, pool } of references) {
      const needed = tables.find(({ oid }) => oid === key.references.oid)
      const isOpen = pool.length === 0 && findNullable(key, table).length === 0
      if (isOpen && needed && !work.reasons.has(needed.oid) && !findLinked(drafts, needed.oid))
        await add(needed)
    }
  }
  await add(table, time === 0 ? { decks, number: counts.get(table.oid) ?? 0 } : undefined)
  for (const draft of drafts) await meetChecks(toScene(work, draft), draft.table)
  return drafts
}

function toScene(work: Work, draft: Draft): Scene {
  const { name, columns } = draft.table
  const redraw: Scene['redraw'] = (column) => redrawColumn(draft, column, work)
  return { ...work, name, columns, values: draft.values, redraw }
}

/** A foreign key that can reference nothing. */
function findOrphan(drafts: readonly Draft[]): string | undefined {
  for (const { table, references } of drafts)
    for (const { key, pool } of references) {
      const isOpen = pool.length === 0 && findNullable(key, table).length === 0
      if (isOpen && !findLinked(drafts, key.references.oid))
        return `the foreign key ${key.name} references ${key.references.sql}, which has no rows`
    }
  return undefined
}

function countRows({ counts, tables, references }: Work, oids: readonly string[]): undefined {
  const grown = new Set<string>()
  for (const oid of oids) {
    const table = tables.find((one) => one.oid === oid)
    for (const one of [oid, ...(table?.ancestors ?? [])]) {
      counts.set(one, (counts.get(one) ?? 0) + 1)
      grown.add(one)
    }
  }
  references.forget(grown)
}

/** Values, keys, limits of PostgreSQL, and what a trigger raises: other values may help. */
const MENDABLE = /^(22|23|44|54|P0)/

function explain({ sqlstate, constraint, message }: PostgresError, { checks }: Table): string {
  const check = checks.find(({ name }) => name === constraint)
  if (check) return `no row was found that meets the CHECK ${check.name}: ${check.expression}`
  if (constraint !== undefined && sqlstate.startsWith('23'))
    return `no row was found that meets ${constraint}`
  return `PostgreSQL refuses its rows: ${message}`
}

function findMostFrequent(texts: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? 'no row was found'
}
