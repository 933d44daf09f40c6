import { during } from '../session/during.ts'
import type { ClientBase } from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import {
  ARCHIVE_SCHEMA,
  FORMER_TABLE,
  INSTANCES,
  INSTANCES_TABLE,
  JOURNAL,
  JOURNAL_SCHEMA,
  JOURNAL_TABLE,
} from './names.ts'
import { askAgain } from '../session/prepared.ts'

/** SQL: whether a sequence is a column's: then its owner is the table's, while its privileges are its own. */
function isOfColumn(where = 'true'): string {
  return `exists (
       select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
          and c.relkind = 'S' and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and ${where})`
}

/** Everything in our schemas that has an owner of its own; SQL takes a view for a table. An index and a row type go with their table. */
const OWNED = `
  select n.nspowner as owner, 'schema' as what, quote_ident(n.nspname) as sql, n.nspname, n.nspacl as acl
    from pg_namespace n where nspname in ('${JOURNAL_SCHEMA}', '${ARCHIVE_SCHEMA}')
  union all
  select c.relowner, case c.relkind when 'S' then 'sequence' else 'table' end,
         format('%I.%I', n.nspname, c.relname), n.nspname, c.relacl
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname in ('${JOURNAL_SCHEMA}', '${ARCHIVE_SCHEMA}') and c.relkind in ('r', 'p', 'v', 'S')
     and not ${isOfColumn()}
  union all
  select f.proowner, 'function', f.oid::regprocedure::text, n.nspname, f.proacl
    from pg_proc f join pg_namespace n on n.oid = f.pronamespace where n.nspname = '${JOURNAL_SCHEMA}'`

/** The OID of a relation of ours. By the catalog: to_regclass fails where a role may not look into the schema. */
export function selectOid(schema: string, table: string): string {
  return `(select oid from pg_class where relname = '${table}'
            and relnamespace = (select oid from pg_namespace where nspname = '${schema}'))`
}

/** SQL: the OID of the journal; of one that has not been upgraded yet, under its former name. */
export const JOURNAL_OID = `coalesce(${selectOid(JOURNAL_SCHEMA, JOURNAL_TABLE)}, ${selectOid(JOURNAL_SCHEMA, FORMER_TABLE)})`

/** SQL: whether the current role may not do to the bookkeeping what the migrator does. */
export function lacksRights(ledger: string): string {
  return `exists (
    select from (values (${ledger}, 'select,insert,delete'), (${JOURNAL_OID}, 'select,insert'),
                        (${selectOid(JOURNAL_SCHEMA, INSTANCES_TABLE)}, 'select'),
                        (${selectOid(ARCHIVE_SCHEMA, 'entries')}, 'select,insert,update,delete')) as need (oid, rights)
           join pg_class c using (oid) cross join string_to_table(rights, ',') as one
     where not has_schema_privilege(c.relnamespace, 'usage') or not has_table_privilege(c.oid, one))`
}

/**
 * SQL: NULL where the current role may read and write the bookkeeping; or else, as a JSON array, whose it is, and the
 * statement that lets it. Nobody becomes a member of a superuser for that: what one has made is handed over, and to the
 * owner of the database alone. Anybody else connects as the owner.
 */
export function missingRights(ledger: string): string {
  return `(
  with owned as (
    select owner, what, sql from (${OWNED}) as ours
    union all select relowner, 'table', format('%I.%I', nspname, relname)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = ${ledger}
  )
  select case when ${lacksRights(ledger)} then (
    select coalesce(json_agg(distinct jsonb_build_object('owner', quote_ident(rolname), 'sql', case
             when not rolsuper then format('grant %I to %I', rolname, current_user)
             when pg_has_role((select datdba from pg_database where datname = current_database()), 'usage')
               then format('alter %s %s owner to %I', what, sql, current_user) end)), '[]')
      from owned join pg_roles on pg_roles.oid = owner where rolname <> current_user) end)`
}

/**
 * Gives the bookkeeping to the ledger's owner, whoever made it just now, and revokes what default privileges
 * have given others. Part of the caller's transaction. Where the journal is about several ledgers, it stays its owner's.
 */
export async function secureBookkeeping(
  client: ClientBase,
  ledgerTable: string | undefined,
): Promise<void> {
  const doing = {
    doing: 'securing the journal and the ledger',
    bookkeeping: ledgerTable ?? JOURNAL,
  }
  await during(doing, async () => {
    const { rows } = await askAgain<{ sql: string }>(client, SECURING, [ledgerTable])
    // The schemas come first: a table's new owner must be one who may create there.
    for (const { sql } of rows) await client.query(sql)
  })
}

const SECURING = `
  with home as (
    select case when exists (select from ${JOURNAL} where ledger <> $1)
                then (select relowner from pg_class where oid = '${JOURNAL}'::regclass)
                else coalesce((select relowner from pg_class where oid = $1::regclass),
                              (select relowner from pg_class where oid = '${JOURNAL}'::regclass)) end as owner
  ), owned as (${OWNED}), granted as (
    select owner, what, sql, nspname, acl from owned
    union all
    select c.relowner, 'sequence', format('%I.%I', n.nspname, c.relname), n.nspname, c.relacl
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('${JOURNAL_SCHEMA}', '${ARCHIVE_SCHEMA}') and ${isOfColumn()}
  )
  select format('alter %s %s owner to %I', what, sql, pg_get_userbyid(home.owner)) as sql
    from owned cross join home where owned.owner <> home.owner
  union all
  select distinct format('revoke all on %s %s from %s', what, granted.sql,
           case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end)
    from granted cross join aclexplode(acl) as acl
   where grantee <> owner and what in ('schema', 'table', 'sequence')
     and (nspname = '${ARCHIVE_SCHEMA}' or granted.sql = '${INSTANCES}' or what = 'sequence'
          or privilege_type not in ('USAGE', 'SELECT'))`

/**
 * Takes back from others the right to write a ledger that the migrator keeps from now on, and its ids: whoever sets
 * their sequence to its end stops every run.
 */
export async function takeBackLedger(client: ClientBase, ledgerTable: string): Promise<void> {
  const { rows } = await client.query<{ sql: string }>(
    `select distinct format('revoke %s on %s from %s',
              case relkind when 'S' then 'all' else 'insert, update, delete, truncate, references, trigger' end,
              c.oid::regclass, case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end) as sql
       from pg_class c cross join aclexplode(relacl) as granted
      where (c.oid = $1::regclass or ${isOfColumn('d.refobjid = $1::regclass')}) and grantee <> relowner
        and (relkind = 'S' or privilege_type <> 'SELECT')`,
    [ledgerTable],
  )
  for (const { sql } of rows) await client.query(sql)
}

/** What a role needs that is to change the journal, which belongs to another. */
export async function rightsToUpgrade(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ sql: string }>(
    `select case when rolsuper then format('alter table %s owner to %I', c.oid::regclass, current_user)
                 else format('grant %I to %I', rolname, current_user) end as sql
       from pg_class c join pg_roles r on r.oid = c.relowner where c.oid = ${JOURNAL_OID}`,
  )
  return rows.map(({ sql }) => sql)
}

/** What a role needs that is to make the bookkeeping. */
export async function rightsToCreate(client: ClientBase, ledgerSchema: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string; role: string }>(
    'select current_database() as name, current_user as role',
  )
  const { name = '', role = '' } = rows[0] ?? {}
  return [
    `grant create on database ${quoteName(name)} to ${quoteName(role)}`,
    `grant usage, create on schema ${quoteName(ledgerSchema)} to ${quoteName(role)}`,
  ]
}
