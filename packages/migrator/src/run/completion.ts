import type pg from 'pg'
import { failure } from '../errors/index.ts'
import type { Completion, Statement } from '../migration.ts'
import { asAuthor } from '../session/author.ts'
import { currentDatabase, type Evidence } from './evidence.ts'
import { isBuiltAs } from './index-definition.ts'

/** What the catalog says of a statement that ran outside a transaction when its connection was lost. */
export type Outcome = 'complete' | 'absent' | { readonly unknown: string }

/**
 * Finds out whether a statement that was started, and not ended, took effect: by what its names meant then, and by
 * the object's definition and validity, never by its name alone. What it left half done and is ours is removed.
 * Throws INDEX_IN_THE_WAY where an index stands there that this statement has not made.
 */
export async function recoverInterrupted(
  client: pg.Client,
  statement: Statement,
  evidence: Evidence | undefined,
): Promise<Outcome> {
  const { completion } = statement
  if (completion?.probe === 'repeatable') return 'absent'
  if (!completion) return { unknown: 'PostgreSQL keeps no trace of it.' }
  if (!evidence) {
    return { unknown: 'A name without a schema may have meant several things, or nothing.' }
  }
  if (evidence.database !== (await currentDatabase(client))) {
    return { unknown: 'It was begun in another database, of which this one is a copy.' }
  }
  switch (completion.probe) {
    case 'index-built':
      return probeBuild(client, completion, statement, evidence)
    case 'index-gone':
      return evidence.relation !== null && !(await isThere(client, evidence.relation))
        ? 'complete'
        : 'absent'
    case 'partition-detached':
      return finishDetach(client, evidence)
    default:
      await dropReindexLeftovers(client, completion, evidence)
      return 'absent'
  }
}

/**
 * Before a first run: true where an index of that very definition is there and valid, and the statement
 * says IF NOT EXISTS. PostgreSQL would accept any index of that name, an invalid one too.
 * Throws INDEX_IN_THE_WAY.
 */
export async function isAlreadyThere(
  client: pg.Client,
  statement: Statement,
  evidence: Evidence | undefined,
): Promise<boolean> {
  const { completion } = statement
  if (completion?.probe !== 'index-built' || !evidence) return false
  const found = await findBuilt(client, completion, evidence)
  if (!found) return false
  if (found.table !== evidence.relation) {
    throw failure('INDEX_IN_THE_WAY', { index: found.name, reason: 'it is none of this table' })
  }
  return settleIndex(client, found, statement, { isOurs: false })
}

/** After a failure that the session survived: an index that was not completed is invalid, and was made by this run. */
export async function cleanUpOutside(
  client: pg.Client,
  { completion }: Statement,
  evidence: Evidence | undefined,
): Promise<void> {
  if (!evidence) return
  if (completion?.probe === 'reindexed') await dropReindexLeftovers(client, completion, evidence)
  if (completion?.probe !== 'index-built') return
  const found = await findBuilt(client, completion, evidence)
  if (found?.table !== evidence.relation) return
  if (!found.valid && !found.building) await dropIndex(client, found.name)
}

interface FoundIndex {
  /** Quoted and qualified. */
  readonly name: string
  /** The oid of its table; null where it is no index at all. */
  readonly table: string | null
  readonly valid: boolean | null
  /** The pid of a session that builds it now. */
  readonly building: number | null
}

type BuiltIndex = Extract<Completion, { probe: 'index-built' }>

async function probeBuild(
  client: pg.Client,
  completion: BuiltIndex,
  statement: Statement,
  evidence: Evidence,
): Promise<Outcome> {
  const { relation } = evidence
  // Without its table the statement had no effect.
  if (relation === null) return 'absent'
  if (!(await isThere(client, relation)))
    return { unknown: 'The table that it was about has gone.' }
  const found = await findBuilt(client, completion, evidence)
  if (!found) return 'absent'
  if (found.table !== relation) {
    return { unknown: `${found.name} is there, but is no index of the table that it was about.` }
  }
  return (await settleIndex(client, found, statement, { isOurs: true })) ? 'complete' : 'absent'
}

/** True where the index stands as the statement would make it; an unfinished one of ours is dropped. */
async function settleIndex(
  client: pg.Client,
  found: FoundIndex,
  statement: Statement,
  { isOurs }: { isOurs: boolean },
): Promise<boolean> {
  const inTheWay = (reason: string) => failure('INDEX_IN_THE_WAY', { index: found.name, reason })
  if (found.building !== null) throw inTheWay(`pid ${found.building} is building it now`)
  if (!(await isBuiltAs(client, found, statement.sql))) {
    throw inTheWay('its definition is not the one of the migration')
  }
  if (found.valid) return true
  if (!isOurs) throw inTheWay('it is invalid, the rest of a build that another session started')
  await dropIndex(client, found.name)
  return false
}

/** The relation with the index's name in the schema of its table, where the index would be made. */
async function findBuilt(
  client: pg.Client,
  { index }: BuiltIndex,
  { relation }: Evidence,
): Promise<FoundIndex | undefined> {
  const { rows } = await client.query<FoundIndex>(
    `select format('%I.%I', n.nspname, c.relname) as name, i.indrelid::text as table, i.indisvalid and i.indisready as valid,
            (select p.pid from pg_stat_progress_create_index p where p.index_relid = i.indexrelid limit 1) as building
       from pg_class t join pg_class c on c.relnamespace = t.relnamespace and c.relname = $2
       join pg_namespace n on n.oid = c.relnamespace left join pg_index i on i.indexrelid = c.oid
      where t.oid = $1::oid`,
    [relation, index],
  )
  return rows[0]
}

async function isThere(client: pg.Client, relation: string): Promise<boolean> {
  const { rows } = await client.query('select from pg_class where oid = $1::oid', [relation])
  return rows.length > 0
}

/** `name` comes from the server, quoted. As the author, whose role owns what it has made. */
async function dropIndex(client: pg.Client, name: string): Promise<void> {
  await asAuthor(client, () => client.query(`drop index concurrently if exists ${name}`))
}

/**
 * REINDEX CONCURRENTLY builds under the name of the index with such an ending, and drops it at the end.
 * Only what lies on the relation that was rebuilt is ours.
 */
async function dropReindexLeftovers(
  client: pg.Client,
  { schema, relation: named }: Extract<Completion, { probe: 'reindexed' }>,
  { relation }: Evidence,
): Promise<void> {
  if (named !== undefined && relation === null) return
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name
       from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
      where not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$' and n.nspname <> 'pg_toast'
        and ($1::oid is null or i.indrelid = $1::oid
             or i.indrelid = (select indrelid from pg_index where indexrelid = $1::oid))
        and ($1::oid is not null or $2::text is null or n.nspname = $2)
        and not exists (select from pg_stat_progress_create_index p where p.index_relid = i.indexrelid)`,
    [relation, schema],
  )
  for (const { name } of rows) await dropIndex(client, name)
}

/** An interrupted DETACH … CONCURRENTLY stays pending until it is finalized. */
async function finishDetach(
  client: pg.Client,
  { relation: parent, partition }: Evidence,
): Promise<Outcome> {
  if (parent === null || partition === null) return 'absent'
  for (const relation of [parent, partition]) {
    if (await isThere(client, relation)) continue
    return { unknown: 'The table or the partition that it was about has gone.' }
  }
  const { rows } = await client.query<{ pending: boolean; finalize: string }>(
    `select inhdetachpending as pending,
            format('alter table %s detach partition %s finalize', inhparent::regclass, inhrelid::regclass) as finalize
       from pg_inherits where inhparent = $1::oid and inhrelid = $2::oid`,
    [parent, partition],
  )
  const [found] = rows
  if (!found) return 'complete'
  if (!found.pending) return 'absent'
  await asAuthor(client, () => client.query(found.finalize))
  return 'complete'
}
