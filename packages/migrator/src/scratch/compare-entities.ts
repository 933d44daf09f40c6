import type { Client } from 'pg'
import { diffBesidesPartitions, type Catalog, type Difference } from '../catalog/index.ts'
import { severityRank } from '../catalog/severity.ts'
import { readApplicationCatalog } from '../drift/application-catalog.ts'
import { messageFrom } from '../errors/message-from.ts'
import { headCatalog } from '../project/catalog-after.ts'
import type { Project } from '../project/project.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { recordCatalogs, type RecordedCatalogs } from './record-catalogs.ts'
import { withScratchDatabase } from './scratch-database.ts'

/** What the entities say, held against what the migrations make. */
export interface ComparedEntities {
  /** What is missing in the schema after the newest migration, or is there in another way. */
  readonly unmade: readonly Difference[]
  /** Why the entities could not be made in an empty database, so that nothing was compared. */
  readonly unmakable?: string
}

/** What was recorded of new migrations, and what the entities say beside it; absent where one of the migrations does not run. */
export interface ProvedSchema extends RecordedCatalogs {
  readonly entities?: ComparedEntities
}

/** Records what new migrations change, and compares the entities with that. Throws what `compareEntities` throws. */
export async function proveEntities(
  project: Project,
  scratch: DatabaseTarget,
): Promise<ProvedSchema> {
  const found = await recordCatalogs(project, (work) => work(scratch))
  return found.stopped ? found : { ...found, entities: await compareEntities(project, scratch) }
}

/**
 * Makes what the entities say in a throw-away database, and compares it with the schema after the newest migration: MikroORM
 * compares what the entities say with what they said, and is blind to some of it. What the migrations alone make (a function, an
 * index or a right by hand) is no difference, nor is another name of a key, an index or a sequence: a table that was renamed
 * keeps those.
 * Throws SCHEMA_UNRECORDED, and what connecting throws.
 */
export async function compareEntities(
  project: Project,
  scratch: DatabaseTarget,
): Promise<ComparedEntities> {
  const head = await headCatalog(project)
  const loaded = await project.load([])
  try {
    const sql = await loaded.writeSchema()
    return await withScratchDatabase(scratch, (database) =>
      withConnection(database, async (client) => {
        const unmakable = await makeSchema(client, head, sql)
        if (unmakable !== undefined) return { unmade: [], unmakable }
        const entities = await readApplicationCatalog(client, loaded.header.ledger)
        return { unmade: diffBesidesPartitions(head, entities).flatMap(keepUnmade) }
      }),
    )
  } finally {
    await loaded.close()
  }
}

/** Extensions come from the migrations: no entity names them. Returns what PostgreSQL refuses. */
async function makeSchema(
  client: Client,
  { objects }: Catalog,
  sql: string,
): Promise<string | undefined> {
  try {
    for (const object of objects) {
      if (object.kind !== 'extension') continue
      const { identity, schema } = object
      if (!schema.startsWith('pg_')) await client.query(`create schema if not exists ${schema}`)
      await client.query(`create extension if not exists ${identity} schema ${schema}`)
    }
    // What has no schema goes where a new database has it.
    await client.query(`set search_path to "$user", public`)
    await client.query(sql)
    return undefined
  } catch (error) {
    return messageFrom(error)
  }
}

function keepUnmade(difference: Difference): Difference[] {
  const { what, kind, possibleRenames, changes } = difference
  if (what === 'missing')
    return possibleRenames.length > 0 && KEEPS_NAME.has(kind) ? [] : [difference]
  const said = changes.filter(
    (one) => !isBeside(one) && !(isCounted(one.here) && isCounted(one.there)),
  )
  return what === 'extra' || said.length === 0 ? [] : [{ ...difference, changes: said }]
}

/** What PostgreSQL names after its table, and leaves so. */
const KEEPS_NAME: ReadonlySet<Difference['kind']> = new Set<Difference['kind']>([
  'constraint',
  'index',
  'sequence',
])

/** Of what is behaviour or more, what no entity says, or says beside policies that are made by hand. */
const BY_HAND: ReadonlySet<string> = new Set(
  'unlogged rowSecurity forcedRowSecurity replicaIdentity triggersDisabled strict leakproof settings transforms parallel cost rows support'.split(
    ' ',
  ),
)

/** A column that may be empty, an index of all rows, a key without CASCADE: an entity says those, too, by saying nothing. */
function isBeside({ property, severity, there }: Difference['changes'][number]): boolean {
  const isOfUse = severityRank(severity) <= severityRank('speed')
  return there === undefined && (!isOfUse || BY_HAND.has(property))
}

const isCounted = (value: unknown) => typeof value === 'string' && value.startsWith('nextval(')
