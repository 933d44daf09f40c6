import type { Client } from 'pg'
import type { LockWork } from '../migration.ts'
import { join, toLockMode, type Deeds } from './deeds.ts'

/** A relation that was there before a statement. */
export interface Relation {
  readonly oid: number
  readonly name: string
  /** pg_class.relkind */
  readonly kind: string
  /** Of an index. */
  readonly table: string | null
  /** The file it is stored in; null of what has none. */
  readonly file: number | null
  readonly bytes: number | null
  readonly rows: number
}

export async function readRelations(client: Client): Promise<readonly Relation[]> {
  const { rows } = await client.query<Relation>(RELATIONS)
  return rows
}

const RELATIONS = `
  select c.oid::int, c.oid::regclass::text as name, c.relkind as kind, i.indrelid::regclass::text as table,
         pg_relation_filenode(c.oid)::int as file, pg_relation_size(c.oid)::int as bytes, greatest(c.reltuples, 0)::int as rows
    from pg_class c left join pg_index i on i.indexrelid = c.oid
   where c.oid >= 16384 and c.relkind in ('r', 'p', 'm', 'i', 'I', 'v', 'S', 'f') and c.relpersistence <> 't'
     and c.relnamespace <> 'pg_toast'::regnamespace`

/** The work on tables that shows in their files. */
export function findWork(before: readonly Relation[], after: readonly Relation[]): Deeds {
  const deeds: Deeds = new Map()
  const note = (name: string, work: LockWork) => deeds.set(name, join(deeds.get(name), { work }))
  const old = new Map(before.map((relation) => [relation.oid, relation]))
  const names = new Map(before.map(({ oid, name }) => [oid, name]))
  // An index that is made again may keep its file.
  const files = new Set(before.map(({ file }) => file))
  const now = new Map(after.map((relation) => [relation.name, relation]))
  for (const { oid, kind, file, table, bytes } of after) {
    const was = old.get(oid)
    if (file === null || files.has(file)) continue
    // A table that has been emptied has a new file, too.
    if ((kind === 'r' || kind === 'm') && bytes !== 0 && was) note(was.name, 'rewrite')
    const owner = table === null ? undefined : now.get(table)
    if (kind !== 'i' || !owner || owner.bytes === 0) continue
    const ownersName = names.get(owner.oid)
    if (ownersName !== undefined) note(ownersName, 'build')
    if (was) note(was.name, 'build')
  }
  return deeds
}

/** The locks on relations that this session holds, in the transaction that is open. */
export async function readHeld(client: Client): Promise<readonly Held[]> {
  const { rows } = await client.query<Held>(HELD)
  return rows
}

export function addLocks(
  deeds: Deeds,
  relations: readonly Relation[],
  held: readonly Held[],
): void {
  const names = new Map(relations.map(({ oid, name }) => [oid, name]))
  for (const { oid, mode: spelled } of held) {
    const [name, mode] = [names.get(oid), toLockMode(spelled)]
    if (name !== undefined && mode) deeds.set(name, join(deeds.get(name), { mode }))
  }
}

const HELD = `select relation as oid, mode from pg_locks
               where locktype = 'relation' and pid = pg_backend_pid() and granted`

/** A lock on a relation, its mode as pg_locks spells it. */
export interface Held {
  readonly oid: number
  readonly mode: string
}
