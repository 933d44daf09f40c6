import { escapeLiteral, type ClientBase } from 'pg'
import { FORMER_VIEW, REWRITE_ROWS } from './former-words.ts'
import { CREATE_INSTANCES, HEARTBEAT_CALL } from './instances.ts'
import {
  FORMAT_SINCE,
  FORMER_JOURNAL,
  GATE_COLUMNS,
  JOURNAL,
  JOURNAL_FORMAT,
  JOURNAL_SCHEMA,
  JOURNAL_TABLE,
  RENAMED_FORMAT,
} from './names.ts'

/** Services ask the gate of the release before every few seconds: they wait no longer for the upgrade than this. */
const LOCK_TIMEOUT = '5s'

/**
 * Brings a journal of an older format to the present one, in the transaction of the caller, which holds the migration
 * lock. The table stays, and its rows but for those whose words change: the row versions of others are evidence.
 */
export async function upgradeJournal(
  client: ClientBase,
  ledgerTable: string | undefined,
  format: number,
): Promise<void> {
  if (format >= RENAMED_FORMAT) return
  await client.query(`
set local lock_timeout = '${LOCK_TIMEOUT}';
alter table ${FORMER_JOURNAL} rename to ${JOURNAL_TABLE};
alter table ${JOURNAL} rename column undo to definition;
alter index if exists ${JOURNAL_SCHEMA}.journal_pkey rename to history_pkey;
alter index if exists ${JOURNAL_SCHEMA}.journal_migration_id rename to history_migration_id;
alter sequence if exists ${JOURNAL_SCHEMA}.journal_id_seq rename to history_id_seq;
alter table ${JOURNAL} drop constraint if exists journal_event_check,
  add column if not exists fingerprint text, add column if not exists facts jsonb,
  add column if not exists ledger text${ledgerTable === undefined ? '' : ` default ${escapeLiteral(ledgerTable)}`};
alter table ${JOURNAL} alter column ledger drop default;
drop trigger if exists append_only on ${JOURNAL};
${REWRITE_ROWS}`)
}

/** What the journal is beside its rows, for a new one and one that was upgraded. */
export const FINISH_JOURNAL = `
create index if not exists history_migration_id on ${JOURNAL} (migration, id);
comment on table ${JOURNAL} is
  'What the migrator did, in order. Format ${JOURNAL_FORMAT}, which version ${FORMAT_SINCE} of the migrator has introduced. Append-only: the migrator reads it to recover.';
create or replace function ${JOURNAL_SCHEMA}.refuse_change() returns trigger language plpgsql as
  $$ begin raise exception 'the migrator''s journal is append-only'; end $$;
create or replace trigger append_only before update or delete or truncate on ${JOURNAL}
  for each statement execute function ${JOURNAL_SCHEMA}.refuse_change();
${FORMER_VIEW}
comment on view ${FORMER_JOURNAL} is
  'The journal, ${JOURNAL}, for services of the release before: in the words of Format 4.';
create or replace function ${JOURNAL_SCHEMA}.refuse_older() returns trigger language plpgsql as
  $$ begin raise exception 'the journal of this database has a newer format: use version ${FORMAT_SINCE} of the migrator, or a newer one'; end $$;
create or replace trigger refuse_older instead of insert or update or delete on ${FORMER_JOURNAL}
  for each row execute function ${JOURNAL_SCHEMA}.refuse_older();
${CREATE_INSTANCES}`

/** Whoever may ask the gate may ask the gate of the release before, and may say that it runs. */
export async function grantGateOfAll(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ role: string }>(
    `select distinct case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as role
       from pg_class c cross join lateral (
              select relacl as acl union all
              select attacl from pg_attribute where attrelid = c.oid and attname = 'event') as granted
            cross join aclexplode(acl)
      where c.oid = $1::regclass and privilege_type = 'SELECT' and grantee <> relowner`,
    [JOURNAL],
  )
  for (const { role } of rows) {
    await client.query(`grant select (${GATE_COLUMNS}) on ${FORMER_JOURNAL} to ${role}`)
    await client.query(`grant execute on function ${HEARTBEAT_CALL} to ${role}`)
  }
}
