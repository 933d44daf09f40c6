import { messageFrom } from '../errors/message-from.ts'
import type { Inspection } from './adoption-plan.ts'
import { openProject } from '../project/open.ts'
import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { fingerprint, type Catalog } from '../catalog/index.ts'
import { failure, MigratorError } from '../errors/index.ts'
import type { Project } from '../project/project.ts'
import { readApplicationCatalog } from '../drift/application-catalog.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { quoteName } from '../sql/quote-name.ts'
import { adopt, planAdoption, type AdoptionRequest } from './adopt.ts'
import { compare, keyOf } from './classify.ts'
import { copyRows } from './copy-rows.ts'
import { createStatements } from '../ddl/ddl.ts'

/** What a rehearsal was held with. */
export interface Rehearsal {
  /** Rows that were copied: those that stand in the way, some others of each table, and what they belong to. */
  readonly rows: number
  /** Objects that could not be copied, as `kind identity`: nothing that the migrations know. */
  readonly left: readonly string[]
}

/**
 * Adopts a throw-away copy first: a database on the scratch server with the same schema and some of the rows. It is
 * dropped afterwards, whatever came of it. The database that is to be adopted is only read.
 * Throws REHEARSAL_FAILED.
 */
export async function rehearse(
  project: Project,
  connection: DatabaseTarget,
  request: AdoptionRequest,
  inspection: Inspection,
  scratch: DatabaseTarget,
): Promise<Rehearsal> {
  const name = `migrator_rehearsal_${randomBytes(6).toString('hex')}`
  try {
    return await withDatabase(scratch, name, async (copy) => {
      const left = await copySchema(copy, inspection)
      const rows = await withConnection(copy, async (to) =>
        withConnection(connection, async (from) => copyRows(from, to, inspection, left)),
      )
      const again = await requestFor(project, copy, request)
      const { plan } = await planAdoption(project, copy, again)
      await adopt(project, copy, again, plan)
      return { rows, left }
    })
  } catch (error) {
    const reason = messageFrom(error)
    throw error instanceof MigratorError && error.code === 'REHEARSAL_FAILED'
      ? error
      : failure('REHEARSAL_FAILED', { reason }, error)
  }
}

async function withDatabase<T>(
  scratch: DatabaseTarget,
  name: string,
  work: (copy: DatabaseTarget) => Promise<T>,
): Promise<T> {
  const execute = (sql: string) => withConnection(scratch, async (client) => client.query(sql))
  await execute(`create database ${quoteName(name)} template template0`)
  try {
    return await work({ ...scratch, database: another(scratch.database, name), onEvent: () => {} })
  } finally {
    await execute(`drop database if exists ${quoteName(name)} with (force)`)
  }
}

function another(database: DatabaseTarget['database'], name: string): DatabaseTarget['database'] {
  if (typeof database !== 'string') return { ...database, database: name }
  const url = new URL(database)
  url.pathname = `/${name}`
  return url.href
}

/** Makes the tables and what belongs to them; returns what is left out. Throws where that is no longer the same shape. */
async function copySchema(copy: DatabaseTarget, { live }: Inspection): Promise<string[]> {
  const { statements, unmade } = createStatements(live.objects)
  await withConnection(copy, async (client) => {
    for (const sql of statements) await client.query(sql)
    const made = await readApplicationCatalog(client, { table: 'mikro_orm_migrations' })
    const differences = compare(made, withoutUnmade(live, unmade)).differences
    if (differences.length === 0) return
    const reason = `The schema cannot be copied: ${differences.map(({ kind, identity }) => `${kind} ${identity}`).join(', ')}. Go without --scratch-url if you must.`
    throw failure('REHEARSAL_FAILED', { reason })
  })
  return unmade
}

function withoutUnmade({ objects }: Catalog, unmade: readonly string[]): Catalog {
  const left = new Set(unmade)
  const wholes = new Set(objects.flatMap((one) => (left.has(keyOf(one)) ? [one.identity] : [])))
  return {
    objects: objects.filter((one) => !left.has(keyOf(one)) && !('of' in one && wholes.has(one.of))),
  }
}

/** A reviewed file is for the database that it was written for, of which this is a copy. */
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
