import type pg from 'pg'
import { failure } from '../errors/index.ts'
import { messageFrom } from '../errors/message-from.ts'
import { isGone } from '../errors/postgres-error.ts'
import { ARCHIVE_SCHEMA } from '../journal/journal.ts'
import { asMigrator } from '../session/author.ts'
import { askAgain } from '../session/prepared.ts'
import { sqlState } from '../session/connect.ts'
import { IS_UNCOUNTED } from './inventory.ts'
import { inArchive } from './schema.ts'

/** What each relation of the archive is, by its name: another text once it, its columns or its rows have changed. */
type ArchiveState = ReadonlyMap<string, string>

/**
 * The table of the entries and what they have, by the catalog and by PostgreSQL's counts of this transaction. What the
 * archive records while a statement runs (`log_…`) changes with it. It runs on the author's path, so every name is qualified.
 */
const READ = `
  select c.relname::pg_catalog.text as name, pg_catalog.concat_ws(' ', c.oid, pg_catalog.pg_relation_filenode(c.oid::pg_catalog.regclass),
         c.relhasrules, c.relhastriggers, c.relrowsecurity, pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid),
         pg_catalog.pg_stat_get_xact_tuples_updated(c.oid), pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid),
         (select pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attnum, a.attname, a.atttypid), ',' order by a.attnum)
            from pg_catalog.pg_attribute a
           where a.attrelid operator(pg_catalog.=) c.oid and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped)) as state,
         ${IS_UNCOUNTED} as "isUncounted"
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
   where n.nspname operator(pg_catalog.=) '${ARCHIVE_SCHEMA}' and c.relkind operator(pg_catalog.=) any ('{r,p}'::pg_catalog."char"[])
     and c.relname operator(pg_catalog.~) '^e'`

/** Which versions of rows a relation has. */
const VERSIONS =
  'select concat(count(*), sum(hashtextextended(concat(tableoid, ctid, xmin), 0))) as versions from'

/**
 * Sees what the statements of a migration do to the archive, by whatever means: while they run nobody but they changes
 * anything of it. Statements may be undone and run again, so what the last try did counts.
 */
export class ArchiveGuard {
  readonly #client: pg.ClientBase
  #before: ArchiveState = new Map()
  #isUncounted = false
  #changed: string | undefined

  constructor(client: pg.ClientBase) {
    this.#client = client
  }

  /** There is an archive that the author's statements may change. */
  get hasArchive(): boolean {
    return this.#before.size > 0
  }

  /** Runs what is the author's. `sql`: its text, as far as there is one. */
  async watch<T>(work: () => Promise<T>, sql = ''): Promise<T> {
    await this.begin(sql)
    const result = await work()
    await this.end()
    return result
  }

  async begin(sql = ''): Promise<void> {
    const { rows } = await askAgain<StateRow>(this.#client, READ)
    this.#isUncounted = rows.some((row) => row.isUncounted) || /track_counts/i.test(sql)
    this.#before = await this.#withVersions(rows)
  }

  async end(): Promise<void> {
    this.#changed = undefined
    if (!this.hasArchive) return
    const { rows } = await askAgain<StateRow>(this.#client, READ)
    const kept = rows.filter(({ name }) => this.#before.has(name))
    const after = await this.#withVersions(kept)
    this.#changed = [...this.#before.keys()].find(
      (name) => after.get(name) !== this.#before.get(name),
    )
  }

  /** Throws BOOKKEEPING_DROPPED where what ran last has changed what the archive has. */
  refuse(name: string): void {
    if (this.#changed === undefined) return
    const reason = `${inArchive(this.#changed)} would not be as the migrator left it`
    throw failure('BOOKKEEPING_DROPPED', { name, reason })
  }

  /** Where PostgreSQL does not count, the versions of the rows themselves say what has changed. */
  async #withVersions(relations: readonly StateRow[]): Promise<ArchiveState> {
    const states = new Map(relations.map(({ name, state }) => [name, state]))
    if (!this.#isUncounted) return states
    for (const [name, state] of states) {
      const { rows } = await asMigrator(this.#client, () =>
        this.#client.query<{ versions: string }>(`${VERSIONS} ${inArchive(name)}`),
      )
      states.set(name, `${state} ${rows[0]?.versions}`)
    }
    return states
  }
}

interface StateRow {
  readonly name: string
  readonly state: string
  readonly isUncounted: boolean
}

/** duplicate_schema: of an archive that had entries only the schema is left. */
const SCHEMA_THERE = '42P06'

/** BOOKKEEPING_DROPPED for what a statement of the archive's own was refused because the archive is gone; or the error. */
export function explainTampering(name: string, error: unknown): unknown {
  const reason = messageFrom(error)
  const isUnmade = isGone(error) || sqlState(error) === SCHEMA_THERE
  if (!isUnmade || !reason.includes(ARCHIVE_SCHEMA)) return error
  return failure('BOOKKEEPING_DROPPED', { name, reason }, error)
}
