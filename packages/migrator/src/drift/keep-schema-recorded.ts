import type { Client } from 'pg'
import { fingerprint } from '../catalog/index.ts'
import { hasRelation, JOURNAL, JOURNAL_FORMAT, JOURNAL_SCHEMA } from '../journal/journal.ts'
import type { Actor } from '../session/actor.ts'
import { readWatched, recordCatalog } from './recorded-schema.ts'

/**
 * For a command that changes the catalog outside of any run, such as `grant`: where the schema was as the last run left
 * it, the changed one is recorded, so that the next run finds no drift. The migration lock is held.
 */
export async function keepingCatalog<T>(
  client: Client,
  actor: Actor,
  change: () => Promise<T>,
): Promise<T> {
  const left = await lastLeft(client)
  const before = left && (await readWatched(client, undefined, { format: JOURNAL_FORMAT }))
  const isAsLeft = before && 'objects' in before && fingerprint(before) === left?.fingerprint
  const result = await change()
  if (left && isAsLeft) {
    const { ledger, migration, unmanaged } = left
    await recordCatalog(client, { ...actor, ledger }, undefined, { unmanaged, migration })
  }
  return result
}

interface Left {
  readonly fingerprint: string | null
  readonly ledger: string
  readonly migration: string | undefined
  readonly unmanaged: readonly string[]
}

async function lastLeft(client: Client): Promise<Left | undefined> {
  if (!(await hasRelation(client, `${JOURNAL_SCHEMA}.catalogs`))) return undefined
  const { rows } = await client.query<Left>(
    `select fingerprint, ledger, migration, coalesce(facts->'unmanaged', '[]') as unmanaged
       from ${JOURNAL} journal where id = (select max(id) from ${JOURNAL} where event = 'schema-recorded')
        and not exists (select from ${JOURNAL} later where later.id > journal.id and later.event <> 'seeded')`,
  )
  return rows[0]
}
