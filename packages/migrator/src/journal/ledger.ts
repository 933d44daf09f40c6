import type pg from 'pg'
import type { Segment } from '../plan/segments.ts'
import { during } from '../session/during.ts'

/** MikroORM's own ledger, to the letter: its CLI and other tools read it. `table` is quoted. */
export function createLedger(table: string): string {
  return `create table if not exists ${table} ("id" serial primary key, "name" varchar(255) not null, "executed_at" timestamptz(6) not null default current_timestamp(6));`
}

/** Writes MikroORM's ledger. A half-reverted migration that is completed again is there already. */
export async function writeLedger(
  client: Pick<pg.Client, 'query'>,
  ledgerTable: string,
  { direction, migration }: Pick<Segment, 'direction' | 'migration'>,
): Promise<void> {
  const write = () =>
    direction === 'up'
      ? client.query(
          `insert into ${ledgerTable} (name)
         select $1::text where not exists (select from ${ledgerTable} where name = $1::text)`,
          [migration],
        )
      : client.query(
          `delete from ${ledgerTable} where regexp_replace(name, '\\.[jt]s$', '') = $1::text`,
          [migration],
        )
  await during({ doing: 'writing the ledger', bookkeeping: ledgerTable }, write)
}
