import type { OpenEntry } from '../database-state.ts'
import type { Completion, Direction, Name } from '../migration.ts'
import type { Segment } from '../plan/segments.ts'
import { settingsOfAuthor, type Querying, type Settings } from '../session/author.ts'
import { readMeanings } from '../session/meanings.ts'

/**
 * What a statement outside a transaction is about, found out right before it: a name means something else tomorrow,
 * on another search path, or after what it was has got another name. Oids, as text.
 */
export interface Evidence {
  readonly database: string
  /** The table that gets the index, the index that goes, the parent, what is rebuilt; null where the name meant nothing. */
  readonly relation: string | null
  /** The partition that is detached. */
  readonly partition: string | null
}

/** What `started` keeps of the author's side of a session, for the session that goes on. */
export interface StartedFacts {
  readonly session?: Settings
  /** Absent where no name decides. */
  readonly evidence?: Evidence
}

type Probed = Exclude<Completion, { probe: 'repeatable' }>

/** Reads them right before a segment is journalled as started. */
export async function startedFacts(
  client: Querying,
  { index, mode, statements: [statement] }: Segment,
): Promise<StartedFacts> {
  const { completion } = (mode === 'outside' && statement) || {}
  const evidence = completion && isProbed(completion) && (await readEvidence(client, completion))
  return {
    ...(index > 1 && { session: settingsOfAuthor(client) }),
    ...(evidence && { evidence }),
  }
}

/** In the transaction of a segment, for where the session is lost right behind it. */
export function doneFacts(client: Querying, { isLast, statements }: Segment): StartedFacts {
  // What ends with the transaction cannot be told from what does not: then the texts alone count.
  const isClear = !isLast && !statements.some(({ setsLocally }) => setsLocally)
  return isClear ? { session: settingsOfAuthor(client) } : {}
}

/** The author's settings when the migration's journal ends; undefined where it does not say. */
export function lastSession(
  entries: readonly OpenEntry[] | undefined,
  direction: Direction,
): Settings | undefined {
  return entries
    ?.filter((entry) => entry.direction === direction)
    .map((entry) => factsOf(entry).session)
    .findLast((session) => session !== undefined)
}

/** What an entry of the journal keeps; older ones have nothing. */
export function factsOf({ facts }: Pick<OpenEntry, 'facts'>): StartedFacts {
  return facts !== null && typeof facts === 'object' ? facts : {}
}

async function readEvidence(client: Querying, completion: Probed): Promise<Evidence> {
  const names = namesOf(completion)
  const [relation = null, partition = null] = await readMeanings(
    client,
    names.map((name) => ({ ...name, kind: 'relation' })),
  )
  return { database: await currentDatabase(client), relation, partition }
}

/**
 * For an entry of a release that kept no evidence: what its names can only have meant, whatever the path was.
 * Undefined where a name without a schema is that of several relations, or of none.
 */
export async function readOnlyMeaning(
  client: Querying,
  completion: Probed,
): Promise<Evidence | undefined> {
  for (const { schema, name } of namesOf(completion)) {
    if (schema !== undefined) continue
    const { rows } = await client.query(
      `select from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where relname = $1 and nspname not in ('pg_catalog', 'pg_toast', 'information_schema')`,
      [name],
    )
    if (rows.length !== 1) return undefined
  }
  const evidence = await readEvidence(client, completion)
  const isUnfound = namesOf(completion).length > 0 && evidence.relation === null
  return isUnfound && !isQualified(completion) ? undefined : evidence
}

export function isProbed(completion: Completion): completion is Probed {
  return completion.probe !== 'repeatable'
}

export async function currentDatabase(client: Querying): Promise<string> {
  const { rows } = await client.query<{ oid: string }>(
    'select oid::text from pg_database where datname = current_database()',
  )
  return rows[0]?.oid ?? ''
}

function isQualified(completion: Probed): boolean {
  return namesOf(completion).every(({ schema }) => schema !== undefined)
}

function namesOf(completion: Probed): Name[] {
  const schema = completion.schema === undefined ? {} : { schema: completion.schema }
  switch (completion.probe) {
    case 'index-built':
      return [{ ...schema, name: completion.table }]
    case 'index-gone':
      return [{ ...schema, name: completion.index }]
    case 'partition-detached': {
      const { parent, partition, partitionSchema } = completion
      const other = partitionSchema === undefined ? {} : { schema: partitionSchema }
      return [
        { ...schema, name: parent },
        { ...other, name: partition },
      ]
    }
    default:
      return completion.relation === undefined ? [] : [{ ...schema, name: completion.relation }]
  }
}
