import type pg from 'pg'
import { ARCHIVE_SCHEMA, hasRelation, JOURNAL } from '../journal/journal.ts'
import { inTransaction } from '../session/transaction.ts'

/*
 * Numbers of tables and columns, and versions of rows, mean something only in the database that they are from. One that
 * was copied row by row (pg_dump, replication) gives new ones to all that is in it. A copy of its files (CREATE DATABASE
 * … TEMPLATE, pg_upgrade, a base backup) keeps them.
 *
 * The archive has one row that says its own version, and the number of the journal: where both are true the numbers are
 * of this database. Else what the archive knows by numbers is forgotten, once, under the migration lock.
 */

const PLACE = `${ARCHIVE_SCHEMA}.entries_place`

/** Why something stays in the archive. */
export const COPIED =
  'nothing here tells what was written since: the database is a copy of the one that they were taken from, or an older version of the migrator kept them'

/** The version of a row is known once it is there. */
const markPlace = (since: string) => `
insert into ${PLACE} (journal, since) select journal, ${since} from to_regclass('${JOURNAL}') as journal where journal is not null;
update ${PLACE} set version = xmin::text;`

/** Part of the archive, from its first moment. `since`: the last entry of the journal whose numbers mean nothing. */
const CREATE = `
create table if not exists ${PLACE} (journal oid primary key, version text, since bigint not null);
comment on table ${PLACE} is 'By it the migrator notices that a database is a copy of the one in which the archive was filled.';`

export const CREATE_PLACE = `${CREATE}${markPlace('0')}`

/** SQL: the last entry of the journal from before the database was copied; 0 where it never was. */
export const COPIED_UNTIL = `coalesce((select since from ${PLACE}), 0)`

/** The same, also where there is no archive. */
export async function readCopiedUntil(client: pg.ClientBase): Promise<string> {
  if (!(await hasRelation(client, PLACE))) return '0'
  const { rows } = await client.query<{ until: string }>(`select ${COPIED_UNTIL}::text as until`)
  return rows[0]?.until ?? '0'
}

/** Without a journal nothing is told by it: a migration that dropped it is refused for that. */
async function isOfThisDatabase(client: pg.ClientBase): Promise<boolean> {
  if (!(await hasRelation(client, PLACE))) return false
  const { rows } = await client.query<{ known: boolean }>(
    `select to_regclass('${JOURNAL}') is null or exists (
        select from ${PLACE} where journal = to_regclass('${JOURNAL}') and version = xmin::text) as known`,
  )
  return rows[0]?.known ?? false
}

/** Before anything of the archive is read for what is decided by it. In a transaction of its own. */
export async function noticeCopy(client: pg.ClientBase): Promise<void> {
  if (!(await hasRelation(client, `${ARCHIVE_SCHEMA}.entries`)) || (await isOfThisDatabase(client)))
    return
  await inTransaction(client, () => client.query(FORGET))
}

/** The same in the transaction that is open. */
export async function noticeCopyWithin(client: pg.ClientBase): Promise<void> {
  if (!(await isOfThisDatabase(client))) await client.query(FORGET)
}

/** `number`: one that is that of no table. */
const withNumber = (path: string, number: string) =>
  `(select jsonb_build_object('${path}', coalesce(jsonb_agg(one || ${number}), '[]')) from jsonb_array_elements(facts->'${path}') as one)`

/*
 * Who holds a row is known by the number of an entry, which every copy keeps. Digests are of versions: none is known, and
 * every table that has one now is another (compareContents).
 */
const FORGET = `
alter table ${ARCHIVE_SCHEMA}.entries add column if not exists facts jsonb not null default '{}';
update ${ARCHIVE_SCHEMA}.entries set facts = facts - '{table,numbers,newest,keyNumbers,written}'::text[]
    || '{"isCopied": true}'
    || case when jsonb_typeof(facts->'wholes') = 'array' then ${withNumber('wholes', `jsonb_build_object('oid', 'copied ' || (one->>'oid'))`)} else '{}' end
    || case when jsonb_typeof(facts->'references') = 'array' then ${withNumber('references', `'{"table": "0"}'`)} else '{}' end
    || case when facts ? 'digests' then jsonb_build_object('digests', (select '{"": ""}' || coalesce(jsonb_object_agg(key, ''), '{}') from jsonb_each(facts->'digests')))
            else '{}' end
    || case when facts ? 'prepared' then jsonb_build_object('prepared', (facts->'prepared') - '{files,written}'::text[] || jsonb_build_object('table', 'copied ' || (facts->'prepared'->>'table'))) else '{}' end;
do $$
declare
  relation text;
  col text;
begin
  for relation, col in
    select format('%I.%I', n.nspname, c.relname), a.attname from ${ARCHIVE_SCHEMA}.entries e
      join pg_namespace n on n.nspname = '${ARCHIVE_SCHEMA}' join pg_class c on c.relnamespace = n.oid and c.relname = e.relations[1]
      join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
     where e.kind = 'values' and a.attname in ('stamp', 'place', 'fresh', 'nth', 'file')
  loop
    if col = 'stamp' then execute format('update %s set stamp = null where stamp !~~ ''entry %%''', relation);
    elsif col = 'fresh' then execute format('update %s set fresh = false', relation);
    else execute format('update %s set %I = null', relation, col);
    end if;
  end loop;
end $$;
${CREATE}
delete from ${PLACE};
${markPlace(`(select coalesce(max(id), 0) from ${JOURNAL})`)}`
