import { escapeLiteral, type Client } from 'pg'
import type { Direction } from '../migration.ts'
import { during } from '../session/during.ts'
import { JOURNAL } from './names.ts'

/** MikroORM's own ledger, to the letter: its CLI and other tools read it. `table` is quoted. */
export function createLedger(table: string): string {
  return `create table if not exists ${table} ("id" serial primary key, "name" varchar(255) not null, "executed_at" timestamptz(6) not null default current_timestamp(6));`
}

/** A migration of which a ledger says from now on that it is applied (`up`), or that it is not (`down`). */
interface LedgerChange {
  readonly migration: string
  readonly direction: Direction
}

/** Records that a migration is applied, or is not. One that is recorded already stays in its place. */
export async function writeLedger(
  client: Pick<Client, 'query'>,
  ledgerTable: string,
  change: LedgerChange,
): Promise<void> {
  await write(client, ledgerTable, ledgerStatement(ledgerTable, change))
}

/** Records a migration in the place of another, whose effect it has: the order of the ledger is that of the way back. */
export async function replaceInLedger(
  client: Pick<Client, 'query'>,
  ledgerTable: string,
  { replaced, by }: { readonly replaced: string; readonly by: string },
): Promise<void> {
  const sql = `update ${ledgerTable} set name = ${escapeLiteral(by)} where ${isNamed(replaced)}`
  await write(client, ledgerTable, sql)
}

/**
 * Records migrations in the place of one that stood for them, each as of when it was applied: before a later row, they come
 * before it.
 */
export async function restoreInLedger(
  client: Pick<Client, 'query'>,
  ledgerTable: string,
  { replaced, by }: { readonly replaced: string; readonly by: readonly string[] },
): Promise<void> {
  const names = `array[${by.map((name) => escapeLiteral(name)).join(', ')}]::text[]`
  const sql = `
    with gone as (
      delete from ${ledgerTable} where id >= (select id from ${ledgerTable} where ${isNamed(replaced)})
      returning id, name, executed_at
    ), rows as (
      select id, 0 as place, name, executed_at from gone where not (${isNamed(replaced)})
      union all
      select id, place, part, coalesce((select max(at) from ${JOURNAL} j
               where j.migration = part and final and coalesce(j.ledger, ${escapeLiteral(ledgerTable)}) = ${escapeLiteral(ledgerTable)}), executed_at)
        from gone cross join unnest(${names}) with ordinality as parts (part, place) where ${isNamed(replaced)}
    )
    insert into ${ledgerTable} (name, executed_at) select name, executed_at from rows order by id, place`
  await write(client, ledgerTable, sql)
}

/** The statement that records a change, for a script too. */
export function ledgerStatement(
  ledgerTable: string,
  { migration, direction }: LedgerChange,
): string {
  if (direction === 'down') return `delete from ${ledgerTable} where ${isNamed(migration)}`
  const name = escapeLiteral(migration)
  return `insert into ${ledgerTable} (name) select ${name} where not exists (select from ${ledgerTable} where name = ${name})`
}

/** The stock tool has written names with an extension. */
function isNamed(migration: string): string {
  return `regexp_replace(name, '\\.[jt]s$', '') = ${escapeLiteral(migration)}`
}

async function write(client: Pick<Client, 'query'>, table: string, sql: string): Promise<void> {
  await inLedger(table, () => client.query(sql))
}

/** Runs `work`, which writes the ledger: what is refused there is known to be that. */
export function inLedger<T>(table: string, work: () => Promise<T>): Promise<T> {
  return during({ doing: 'writing the ledger', bookkeeping: table }, work)
}
