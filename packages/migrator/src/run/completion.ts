import type pg from 'pg'
import { failure } from '../errors.ts'
import type { Completion, Statement } from '../migration.ts'
import { quoteName } from '../sql/quote-name.ts'
import { asAuthor } from '../session/author.ts'
import { isBuiltAs } from './index-definition.ts'

/** What the catalog says of a statement that ran outside a transaction when its connection was lost. */
export type Outcome = 'complete' | 'absent' | 'unknown'

/**
 * Finds out whether a statement that was started, and not ended, took effect: by the object's definition
 * and validity, never by its name alone. What it left half done and is ours is removed.
 * Throws INDEX_IN_THE_WAY where something stands there that this statement has not made.
 */
export async function probeOutcome(client: pg.Client, statement: Statement): Promise<Outcome> {
  return asAuthor(client, () => probe(client, statement))
}

async function probe(client: pg.Client, statement: Statement): Promise<Outcome> {
  const { completion } = statement
  switch (completion?.probe) {
    case 'index-built':
      return (await settleIndex(client, completion, statement, { isOurs: true }))
        ? 'complete'
        : 'absent'
    case 'index-gone':
      return (await findIndex(client, completion)) ? 'absent' : 'complete'
    case 'partition-detached':
      return finishDetach(client, completion)
    case 'reindexed':
      await dropReindexLeftovers(client, completion)
      return 'absent'
    case 'repeatable':
      return 'absent'
    default:
      return 'unknown'
  }
}

/**
 * Before a first run: true where an index of that very definition is there and valid, and the statement
 * says IF NOT EXISTS. PostgreSQL would accept any index of that name, an invalid one too.
 * Throws INDEX_IN_THE_WAY.
 */
export async function isAlreadyThere(client: pg.Client, statement: Statement): Promise<boolean> {
  const { completion } = statement
  if (completion?.probe !== 'index-built') return false
  return asAuthor(client, () => settleIndex(client, completion, statement, { isOurs: false }))
}

/** After a failure that the session survived: an index that was not completed is invalid, and ours. */
export async function cleanUpOutside(client: pg.Client, { completion }: Statement): Promise<void> {
  await asAuthor(client, async () => {
    if (completion?.probe === 'reindexed') await dropReindexLeftovers(client, completion)
    if (completion?.probe !== 'index-built') return
    const found = await findIndex(client, completion)
    if (found && !found.valid && !found.building) await dropIndex(client, found.name)
  })
}

type IndexName = Extract<Completion, { probe: 'index-built' | 'index-gone' }>

interface FoundIndex {
  /** Quoted and qualified. */
  readonly name: string
  readonly valid: boolean
  /** The pid of a session that builds it now. */
  readonly building: number | null
}

/** True where the index stands as the statement would make it; an unfinished one of ours is dropped. */
async function settleIndex(
  client: pg.Client,
  wanted: IndexName,
  statement: Statement,
  { isOurs }: { isOurs: boolean },
): Promise<boolean> {
  const found = await findIndex(client, wanted)
  if (!found) return false
  const inTheWay = (reason: string) => failure('INDEX_IN_THE_WAY', { index: found.name, reason })
  if (found.building !== null) throw inTheWay(`pid ${found.building} is building it now`)
  if (!(await isBuiltAs(client, found.name, statement.sql))) {
    throw inTheWay('its definition is not the one of the migration')
  }
  if (found.valid) return true
  if (!isOurs) throw inTheWay('it is invalid, the rest of a build that somebody else started')
  await dropIndex(client, found.name)
  return false
}

async function findIndex(
  client: pg.Client,
  { schema, index }: IndexName,
): Promise<FoundIndex | undefined> {
  const { rows } = await client.query<FoundIndex>(
    `select format('%I.%I', n.nspname, c.relname) as name, i.indisvalid and i.indisready as valid,
            (select p.pid from pg_stat_progress_create_index p where p.index_relid = i.indexrelid limit 1) as building
       from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
      where i.indexrelid = to_regclass($1)`,
    [quoteName(index, schema)],
  )
  return rows[0]
}

/** `name` comes from the server, quoted. */
async function dropIndex(client: pg.Client, name: string): Promise<void> {
  await client.query(`drop index concurrently if exists ${name}`)
}

/**
 * REINDEX CONCURRENTLY builds under the name of the index with such an ending, and drops it at the end.
 * Only what lies on the relation that was rebuilt is ours.
 */
async function dropReindexLeftovers(
  client: pg.Client,
  { schema, relation }: Extract<Completion, { probe: 'reindexed' }>,
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name
       from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
      where not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$' and n.nspname <> 'pg_toast'
        and ($1::text is null or i.indrelid = to_regclass($1)
             or i.indrelid = (select indrelid from pg_index where indexrelid = to_regclass($1)))
        and ($2::text is null or n.nspname = $2)
        and not exists (select from pg_stat_progress_create_index p where p.index_relid = i.indexrelid)`,
    [relation === undefined ? undefined : quoteName(relation, schema), schema],
  )
  for (const { name } of rows) await dropIndex(client, name)
}

/** An interrupted DETACH … CONCURRENTLY stays pending until it is finalized. */
async function finishDetach(
  client: pg.Client,
  wanted: Extract<Completion, { probe: 'partition-detached' }>,
): Promise<Outcome> {
  const parent = quoteName(wanted.parent, wanted.schema)
  const partition = quoteName(wanted.partition, wanted.partitionSchema)
  const { rows } = await client.query<{ pending: boolean }>(
    `select inhdetachpending as pending from pg_inherits
      where inhparent = to_regclass($1) and inhrelid = to_regclass($2)`,
    [parent, partition],
  )
  if (!rows[0]) return 'complete'
  if (!rows[0].pending) return 'absent'
  await client.query(`alter table ${parent} detach partition ${partition} finalize`)
  return 'complete'
}
