/** MikroORM's own ledger, to the letter: its CLI and other tools read it. `table` is quoted. */
export function createLedger(table: string): string {
  return `create table if not exists ${table} ("id" serial primary key, "name" varchar(255) not null, "executed_at" timestamptz(6) not null default current_timestamp(6));`
}
