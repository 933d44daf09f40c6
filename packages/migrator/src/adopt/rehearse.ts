import { messageFrom } from '../errors/message-from.ts'
import type pg from 'pg'
import { fingerprint, type Catalog, type CatalogObject } from '../catalog/index.ts'
import { createStatements, type Making } from '../ddl/ddl.ts'
import { readApplicationCatalog } from '../drift/application-catalog.ts'
import { failure, MigratorError } from '../errors/index.ts'
import { openProject } from '../project/open.ts'
import type { Project } from '../project/project.ts'
import { isConnectionLost, withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { asAuthor } from '../session/author.ts'
import { withScratchDatabase } from '../scratch/scratch-database.ts'
import { quoteName } from '../sql/quote-name.ts'
import { adopt, planAdoption, type AdoptionRequest } from './adopt.ts'
import type { Inspection } from './adoption-plan.ts'
import { compareSchemas, objectKey } from './match-schema.ts'
import { findStranger } from './strangers.ts'
import { findPendingConstraints, type AdoptedTable } from './pending-constraints.ts'
import {
  repairedRows,
  rowConstraints,
  rowsByKey,
  violation,
  type RepairContext,
} from './repaired-rows.ts'

/** What a rehearsal was made with. */
export interface Rehearsal {
  /** How many rows were copied: violating rows, some others of each table, and their parents. */
  readonly rows: number
  /** Unmanaged objects that could not be copied, as `kind identity`. */
  readonly uncopied: readonly string[]
}

const ROWS_PER_PROBLEM = 50
const ROWS_PER_TABLE = 20

/** By table, the places (`ctid`) of the rows that are copied. */
type Chosen = Map<string, Set<string>>

/**
 * Adopts a throw-away copy first: a database on the scratch server with the same schema and some of the rows. The copy
 * is always dropped. The original is only read.
 * Throws REHEARSAL_FAILED.
 * @example
 * const request = { decisions: parseDecisions([]) }
 * const inspection = await planAdoption(project, target, request)
 * await rehearse(project, target, request, inspection, databaseTarget(scratchUrl))
 */
export async function rehearse(
  project: Project,
  database: DatabaseTarget,
  request: AdoptionRequest,
  inspection: Inspection,
  scratch: DatabaseTarget,
): Promise<Rehearsal> {
  try {
    return await withScratchDatabase(scratch, async (copy) => {
      const { live, uncopied: untrusted } = await withConnection(database, (from) =>
        withoutStrangers(from, inspection),
      )
      const trusted = { ...inspection, live }
      const uncopied = [...(await copySchema(copy, trusted)), ...untrusted]
      const rows = await withConnection(copy, async (to) =>
        withConnection(database, async (from) => copyRows(from, to, trusted, uncopied)),
      )
      const again = await requestFor(project, copy, request)
      const { plan } = await planAdoption(project, copy, again)
      await adopt(project, copy, again, plan)
      return { rows, uncopied }
    })
  } catch (error) {
    const reason = messageFrom(error)
    throw error instanceof MigratorError && error.code === 'REHEARSAL_FAILED'
      ? error
      : failure('REHEARSAL_FAILED', { reason }, error)
  }
}

/**
 * The schema without the unmanaged tables and views that a role without trust has made: what they run would run here
 * when they are read, and on the scratch server when their copy is made.
 */
async function withoutStrangers(
  from: pg.ClientBase,
  { plan, live }: Inspection,
): Promise<{ live: Catalog; uncopied: string[] }> {
  const unmanaged = new Set(plan.unmanaged)
  const kept = live.objects.filter((one) => !('of' in one) && unmanaged.has(objectKey(one)))
  const uncopied: string[] = []
  // Mostly there is none, and one query says so.
  if (!(await findStranger(from, kept))) return { live, uncopied }
  for (const object of kept) {
    if (await findStranger(from, [object])) uncopied.push(objectKey(object))
  }
  return { live: withoutUnmade(live, uncopied), uncopied }
}

/**
 * Makes the objects of the schema; returns those that cannot be made, and unmanaged ones that use them. Throws
 * REHEARSAL_FAILED if the copy differs.
 */
async function copySchema(copy: DatabaseTarget, { live, plan }: Inspection): Promise<string[]> {
  const { statements, unmade } = createStatements(live.objects)
  const unmanaged = new Set(plan.unmanaged)
  return withConnection(copy, async (client) => {
    const all = [...unmade, ...(await makeAll(client, statements, unmanaged))]
    const made = await readApplicationCatalog(client, { table: 'mikro_orm_migrations' })
    const [there, wanted] = [withoutUnmade(made, all), withoutUnmade(live, all)]
    const differences = compareSchemas(there, wanted).differences.filter(
      (one) => !unmanaged.has(objectKey(one)),
    )
    if (differences.length === 0) return all
    const reason = `The schema cannot be copied: ${differences.map(({ kind, identity }) => `${kind} ${identity}`).join(', ')}.`
    throw failure('REHEARSAL_FAILED', { reason })
  })
}

/** What is refused is tried again when others are there; returns the unmanaged objects that PostgreSQL refuses in the end. */
async function makeAll(
  client: pg.ClientBase,
  statements: readonly Making[],
  unmanaged: ReadonlySet<string>,
): Promise<string[]> {
  let waiting = statements
  for (;;) {
    const refused: { readonly one: Making; readonly error: unknown }[] = []
    for (const one of waiting) {
      try {
        await client.query(one.sql)
      } catch (error) {
        if (isConnectionLost(error)) throw error
        refused.push({ one, error })
      }
    }
    const needed = refused.find(({ one }) => !unmanaged.has(one.makes))
    if (refused.length === waiting.length && needed) throw needed.error
    if (refused.length === waiting.length) return refused.map(({ one }) => one.makes)
    waiting = refused.map(({ one }) => one)
  }
}

function withoutUnmade({ objects }: Catalog, unmade: readonly string[]): Catalog {
  const keys = new Set(unmade)
  const gone = new Set(objects.flatMap((one) => (keys.has(objectKey(one)) ? [one.identity] : [])))
  const isOfGone = (one: CatalogObject) =>
    ('of' in one && gone.has(one.of)) ||
    (one.kind === 'index' && one.constraint !== undefined && gone.has(one.constraint))
  return { objects: objects.filter((one) => !keys.has(objectKey(one)) && !isOfGone(one)) }
}

/** A reviewed file is valid for the fingerprint of one database: here for that of its copy. */
async function requestFor(
  project: Project,
  copy: DatabaseTarget,
  request: AdoptionRequest,
): Promise<AdoptionRequest> {
  const { reconciliation } = request
  if (!reconciliation) return request
  const { manifest } = await openProject(project)
  const print = await withConnection(copy, async (client: pg.ClientBase) =>
    fingerprint(await readApplicationCatalog(client, manifest.ledger)),
  )
  return { ...request, reconciliation: { ...reconciliation, fingerprint: print } }
}

/** Copies violating rows, some others, and every parent of a copied row. Returns how many. */
async function copyRows(
  from: pg.Client,
  to: pg.Client,
  { repairContext, live }: Inspection,
  unmade: readonly string[],
): Promise<number> {
  const uncopied = new Set(unmade)
  const tables = (await findPendingConstraints(live, live, live)).filter(
    ({ table }) => !uncopied.has(`table ${table}`),
  )
  await from.query('begin isolation level repeatable read read only')
  const chosen = await asAuthor(from, () => chooseRows(from, tables, repairContext))
  let count = 0
  for (const table of tables) {
    const places = [...(chosen.get(table.table) ?? [])]
    if (places.length === 0) continue
    const { rows } = await from.query<{ rows: string }>(
      `select jsonb_agg(to_jsonb("~moved"))::text as rows from ${table.table} "~moved" where "~moved".ctid = any($1::tid[])`,
      [places],
    )
    const columns = [...table.columns.keys()].map((name) => quoteName(name)).join(', ')
    await to.query(
      `insert into ${table.table} (${columns}) overriding system value
       select ${columns} from jsonb_populate_recordset(null::${table.table}, $1::jsonb)`,
      [rows[0]?.rows ?? '[]'],
    )
    count += places.length
  }
  await copySequences(from, to, live)
  await from.query('rollback')
  return count
}

async function chooseRows(
  from: pg.Client,
  tables: readonly AdoptedTable[],
  context: RepairContext,
): Promise<Chosen> {
  const chosen: Chosen = new Map()
  const add = async (table: string, sql: string, values: unknown[] = []) => {
    const { rows } = await from.query<{ place: string }>(sql, values)
    const places = chosen.get(table) ?? new Set()
    const before = places.size
    for (const { place } of rows) places.add(place)
    chosen.set(table, places)
    return places.size > before
  }
  for (const { table } of tables) {
    await add(table, `select ctid::text as place from ${table} limit ${ROWS_PER_TABLE}`)
  }
  const copied = new Set(tables.map(({ table }) => table))
  for (const { table, rows } of violatingRows(context)) {
    if (!copied.has(table)) continue
    await add(table, `select "~row"::text as place from (${rows}) as p limit ${ROWS_PER_PROBLEM}`)
  }
  // Children before parents, until no more parents are found: a table may refer to itself.
  for (let grows = true; grows;) {
    grows = false
    for (const child of tables.toReversed()) {
      for (const { columns, references, referencedColumns } of child.foreignKeys) {
        const [own, referenced] = [columns, referencedColumns].map((names) =>
          names.map((name) => quoteName(name)).join(', '),
        )
        const sql = `select p.ctid::text as place from ${references} p where (${referenced}) in
          (select ${own} from ${child.table} c where c.ctid = any($1::tid[]))`
        const places = [...(chosen.get(child.table) ?? [])]
        grows = (await add(references, sql, [places])) || grows
      }
    }
  }
  return chosen
}

/** Queries for the rows that are counted as problems; for duplicates, all rows that share a key. */
function* violatingRows(context: RepairContext): Generator<{ table: string; rows: string }> {
  for (const table of context.tables.values()) {
    if (!context.beforeUpgrade?.columns.has(table.table)) continue
    for (const [position, constraint] of rowConstraints(table).entries()) {
      const where = violation(constraint, 'r0', context.beforeUpgrade)
      yield {
        table: table.table,
        rows: `select * from (${repairedRows(table, context, position)}) as r0 where ${where}`,
      }
    }
    for (const constraint of table.pending) {
      if (constraint.kind !== 'duplicate') continue
      const rows = `select * from (${rowsByKey(table, constraint, context)}) as k where "~of" > 1`
      yield { table: table.table, rows }
    }
  }
}

/** A row that the adoption inserts must not get the key of a copied one. */
async function copySequences(
  from: pg.Client,
  to: pg.Client,
  { objects }: Inspection['live'],
): Promise<void> {
  for (const object of objects) {
    if (object.kind !== 'sequence') continue
    const { rows } = await from.query<{ last: string; called: boolean }>(
      `select last_value::text as last, is_called as called from ${object.identity}`,
    )
    const values = [object.identity, rows[0]?.last, rows[0]?.called]
    await to.query('select setval($1::regclass, $2::bigint, $3)', values)
  }
}
