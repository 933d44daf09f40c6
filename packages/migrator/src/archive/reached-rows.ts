import type pg from 'pg'
import { JOURNAL } from '../journal/journal.ts'
import { IS_UNCOUNTED } from './inventory.ts'
import type { Ways } from './own-writes.ts'
import type { ArchiveEntry } from './schema.ts'
import { PARTITIONS } from './tables.ts'
import { whichDone } from './versions.ts'

/*
 * A row that bears the number of a migration's transaction has been written by it, and need not have been added by it: a
 * foreign key, a trigger or a rule may lead from any statement to rows of others. PostgreSQL counts what becomes of the
 * rows of each table in a transaction, whoever does it.
 */

/** Tables of which rows were updated, or deleted, in the open transaction: oids. */
export interface Reached {
  readonly updated: readonly string[]
  readonly deleted: readonly string[]
}

interface Count {
  readonly oid: string
  readonly updated: number
  readonly deleted: number
}

/** Where nobody counts, these are all tables into which something was written. */
export async function readReached(client: pg.ClientBase): Promise<Reached> {
  return toReached(await countChanges(client))
}

function toReached(counts: readonly Count[]): Reached {
  const oidsOf = (what: 'updated' | 'deleted') =>
    counts.flatMap((count) => (count[what] > 0 ? [count.oid] : []))
  return { updated: oidsOf('updated'), deleted: oidsOf('deleted') }
}

async function countChanges(client: pg.ClientBase): Promise<readonly Count[]> {
  const { rows } = await client.query<Count>(
    `select l.relation::text as oid, (pg_stat_get_xact_tuples_updated(l.relation) + uncounted)::float8 as updated,
            (pg_stat_get_xact_tuples_deleted(l.relation) + uncounted)::float8 as deleted
       from pg_locks l cross join (select case when ${IS_UNCOUNTED} then 1 else 0 end as uncounted) as counting
      where l.locktype = 'relation' and l.mode = 'RowExclusiveLock' and l.granted and l.pid = pg_backend_pid()
        and l.database = (select oid from pg_database where datname = current_database()) and l.relation >= 16384`,
  )
  return rows
}

/** Tells what the author's statements do to rows from what the migrator does between them. */
export class Counter {
  readonly #client: pg.ClientBase
  readonly #theirs = new Map<string, Count>()
  #last: ReadonlyMap<string, Count> = new Map()

  constructor(client: pg.ClientBase) {
    this.#client = client
  }

  /** Right before the migrator writes: what the author's statements have done so far. */
  async reached(): Promise<Reached> {
    for (const { oid, updated, deleted } of await countChanges(this.#client)) {
      const [then, sum] = [this.#last.get(oid), this.#theirs.get(oid)]
      this.#theirs.set(oid, {
        oid,
        updated: (sum?.updated ?? 0) + updated - (then?.updated ?? 0),
        deleted: (sum?.deleted ?? 0) + deleted - (then?.deleted ?? 0),
      })
    }
    return toReached([...this.#theirs.values()])
  }

  /** Right after it has written. */
  async skip(): Promise<void> {
    this.#last = new Map((await countChanges(this.#client)).map((count) => [count.oid, count]))
  }
}

interface Reaching {
  readonly reached: Reached
  readonly ways: Ways
  /** The migration says itself that it deletes rows of the table: those are gone. */
  readonly tellsDelete: boolean
}

/** Rows that were in a table, or in a part of it, were reached now, or in an earlier part of the migration since the loss. */
export async function wasReached(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  oid: string,
  { reached, ways, tellsDelete }: Reaching,
): Promise<boolean> {
  const whats = tellsDelete ? (['updated'] as const) : (['updated', 'deleted'] as const)
  const now = whats.flatMap((what) => reached[what])
  const before = whats.map((what) => `facts->'${what}' ?| part.oids`).join(' or ')
  const { rows } = await client.query<{ was: boolean }>(
    `with part as (select array_agg(oid::text) as oids from ${PARTITIONS} all_parts)
     select part.oids && $2::text[] or exists (select from ${JOURNAL} j where ${whichDone(entry, ways)} and (${before})) as was from part`,
    [oid, now],
  )
  return rows[0]?.was ?? true
}
