import type { ClientBase } from 'pg'
import { failure } from '../errors/index.ts'
import { quoteName } from '../sql/quote-name.ts'
import { ARCHIVE_SCHEMA, FORMER_JOURNAL, JOURNAL, JOURNAL_SCHEMA, JOURNAL_TABLE } from './names.ts'
import { selectOid } from './rights.ts'

/** Something about the bookkeeping that lets a role that is not trusted decide what the migrator reads or runs. */
export interface Distrust {
  readonly kind: keyof typeof REASONS
  /** As people read it: `table migrator.history`. */
  readonly object: string
  /** What SQL names it by; for `inheritance` and `foreign-key` the statement that ends it. */
  readonly sql: string
  readonly owner: string
  /** What was found on it: a trigger's name, a role, a function. */
  readonly found: string
  /** The current role. */
  readonly me: string
}

/** What each kind of finding is, and what mends it. */
const REASONS = {
  owner: ({ owner }: Distrust) => `belongs to ${quoteName(owner)}`,
  definer: ({ owner, found }: Distrust) => `uses ${found}, which belongs to ${quoteName(owner)}`,
  kind: ({ found }: Distrust) => `is ${found}, not a table`,
  trigger: ({ found }: Distrust) => `has the trigger ${quoteName(found)}`,
  rule: ({ found }: Distrust) => `has the rule ${quoteName(found)}`,
  policy: () => 'has row-level security, which may hide rows',
  inheritance: ({ found }: Distrust) => `shares rows with ${found} by inheritance`,
  'foreign-key': ({ found }: Distrust) => `is bound to ${found} by a foreign key`,
  grant: ({ found }: Distrust) => `may be written by others: ${found}`,
} as const

/**
 * SQL, after `with recursive`: who may own bookkeeping, and tables that the migrator itself reads and writes: the
 * current role, roles that it belongs to, the database's owner, superusers. A membership counts only if one of those
 * granted it, or a role that could make itself a member of the current one anyway: before PostgreSQL 16 any role can make
 * anyone a member of itself (https://www.postgresql.org/docs/15/sql-grant.html), and one with CREATEROLE makes anyone a
 * member of all but superusers. Only the database's owner is in pg_database_owner.
 */
export const TRUSTED = `
  anchor as (
    select oid from pg_roles where rolsuper or rolname in (current_user, 'pg_database_owner')
    union select datdba from pg_database where datname = current_database()
  ), grantor as (
    select oid from anchor
    union select m.member from pg_auth_members m join pg_roles me on me.oid = m.roleid
     where me.rolname = current_user and not me.rolsuper and m.admin_option
    union select r.oid from pg_roles r join pg_roles me on me.rolname = current_user and not me.rolsuper
     where r.rolcreaterole and current_setting('server_version_num')::int < 160000
  ), membership as (
    select oid from pg_roles where rolname = current_user
    union select m.roleid from pg_auth_members m join membership on m.member = membership.oid
     where m.grantor in (select oid from grantor)
  ), trusted as (
    select oid from anchor union select oid from membership
  )`

/**
 * Objects whose kind is given: every other relation of our schemas is an index or a sequence of theirs, or the view
 * that stands for the former journal. Where there is no journal yet, the former one is a table.
 */
const TABLES = `('history', 'catalogs', 'instances', 'quarantine', 'entries', 'entries_place')`

/** The relations that the migrator reads and writes for itself; what was moved to the archive is data. */
function relations(ledger: string): string {
  return `
  relation as (
    select c.oid, c.relkind, c.relowner, c.relacl, c.relrowsecurity, c.oid = ${ledger} as is_ledger,
           format('%I.%I', n.nspname, c.relname) as sql,
           c.oid = ${ledger} or c.relname in ${TABLES} or (c.relname = 'journal' and ${selectOid(JOURNAL_SCHEMA, JOURNAL_TABLE)} is null) as is_table
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind not in ('i', 'I', 't')
       and (n.nspname = '${JOURNAL_SCHEMA}' or c.oid = ${ledger}
            or (n.nspname = '${ARCHIVE_SCHEMA}' and c.relname in ('entries', 'entries_id_seq', 'entries_place')))
  ), part as (
    select oid as relation, 'pg_class'::regclass as class, oid as object from relation
    union all select adrelid, 'pg_attrdef'::regclass, d.oid from pg_attrdef d join relation r on r.oid = adrelid
    union all select conrelid, 'pg_constraint'::regclass, k.oid from pg_constraint k join relation r on r.oid = conrelid
    union all select indrelid, 'pg_class'::regclass, indexrelid from pg_index join relation r on r.oid = indrelid
  ), definer as materialized (
    select p.relation, d.refclassid, d.refobjid, case d.refclassid ${selectOwner({
      pg_proc: 'proowner',
      pg_type: 'typowner',
      pg_operator: 'oprowner',
      pg_opclass: 'opcowner',
      pg_collation: 'collowner',
    })}
             when 'pg_class'::regclass then (select relowner from pg_class where oid = d.refobjid and relkind = 'S') end as owner
      from part p join pg_depend d on d.classid = p.class and d.objid = p.object
  )`
}

/**
 * The cases of an object's catalog that lead to its owner. Not joins: PostgreSQL plans every order of them, which takes
 * a third of the time of reading the state.
 */
function selectOwner(owners: Readonly<Record<string, string>>): string {
  return Object.entries(owners)
    .map(
      ([table, owner]) =>
        `when '${table}'::regclass then (select ${owner} from ${table} where oid = d.refobjid)`,
    )
    .join('\n             ')
}

/** Privileges that change what the migrator will read, or make it run what another role wrote. */
const WRITES = `('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER')`

/** Of a trigger on the relation `sql`: the journal's own. */
const IS_OURS = `exists (
             select from pg_proc f join pg_namespace n on n.oid = f.pronamespace
              where f.oid = tgfoid and n.nspname = '${JOURNAL_SCHEMA}'
                and ((tgname, f.proname) = ('append_only', 'refuse_change') and sql in ('${JOURNAL}', '${FORMER_JOURNAL}')
                  or (tgname, f.proname) = ('refuse_older', 'refuse_older') and sql = '${FORMER_JOURNAL}'))`

/** In the order in which they are told: who made a thing comes before what is on it. */
const FOUND = `
    select 1 as rank, 'owner' as kind, 'schema ' || nspname as object, quote_ident(nspname) as sql, nspowner as owner, '' as found
      from pg_namespace where nspname in ('${JOURNAL_SCHEMA}', '${ARCHIVE_SCHEMA}') and nspowner not in (table trusted)
    union all
    select 2, 'owner', case relkind when 'v' then 'view ' when 'm' then 'materialized view ' when 'S' then 'sequence '
                           when 'f' then 'foreign table ' when 'c' then 'type ' else 'table ' end || sql, sql, relowner, '' from relation where relowner not in (table trusted)
    union all
    select 3, 'owner', 'function ' || oid::regprocedure, 'routine ' || oid::regprocedure, proowner, '' from pg_proc
     where pronamespace = (select oid from pg_namespace where nspname = '${JOURNAL_SCHEMA}') and proowner not in (table trusted)
    union all
    select 4, 'kind', 'table ' || sql, sql, relowner,
           case relkind when 'v' then 'a view' when 'm' then 'a materialized view' when 'f' then 'a foreign table'
                        when 'p' then 'a partitioned table' else 'something else' end
      from relation where is_table and relkind <> 'r'
    union all
    select 5, 'trigger', 'table ' || sql, sql, relowner, tgname from pg_trigger join relation r on r.oid = tgrelid
     where not tgisinternal and not ${IS_OURS}
    union all
    select 6, 'rule', 'table ' || sql, sql, relowner, rulename from pg_rewrite join relation r on r.oid = ev_class
     where relkind = 'r'
    union all
    select 7, 'policy', 'table ' || sql, sql, relowner, '' from relation where relrowsecurity
    union all
    select 8, 'inheritance', 'table ' || r.sql,
           format(case when relispartition then 'alter table %2$s detach partition %1$s' else 'alter table %1$s no inherit %2$s' end,
                  inhrelid::regclass, inhparent::regclass), r.relowner, format('%s', other::regclass)
      from relation r join (select inhparent as oid, inhrelid as other, inhrelid, inhparent from pg_inherits
                            union all select inhrelid, inhparent, inhrelid, inhparent from pg_inherits) as kin using (oid)
      join pg_class child on child.oid = inhrelid
     where r.is_table
    union all
    select 9, 'foreign-key', 'table ' || r.sql, format('alter table %s drop constraint %I', conrelid::regclass, conname),
           relowner, format('%s', other::regclass)
      from relation r join (select confrelid as oid, conrelid as other, conrelid, conname from pg_constraint where contype = 'f'
                            union all select conrelid, confrelid, conrelid, conname from pg_constraint where contype = 'f') as bound using (oid)
    union all
    select 10, 'definer', 'table ' || r.sql, r.sql, d.owner, pg_describe_object(d.refclassid, d.refobjid, 0)
      from definer d join relation r on r.oid = d.relation
     where d.owner is not null and d.owner not in (table trusted)
    union all
    select 11, 'grant', 'schema ' || nspname, 'create on schema ' || quote_ident(nspname), nspowner, coalesce(rolname, 'public')
      from pg_namespace cross join aclexplode(nspacl) as acl left join pg_roles on pg_roles.oid = grantee
     where nspname in ('${JOURNAL_SCHEMA}', '${ARCHIVE_SCHEMA}') and privilege_type = 'CREATE' and grantee not in (table trusted)
    union all
    select distinct 12, 'grant', 'table ' || sql, format('all on %s', sql), relowner, coalesce(rolname, 'public')
      from relation
      cross join lateral (
        select relacl as acl union all
        select attacl from pg_attribute where attrelid = relation.oid and attacl is not null and not attisdropped) as list
      cross join aclexplode(list.acl) as acl left join pg_roles on pg_roles.oid = grantee
     where not is_ledger and is_table and privilege_type in ${WRITES} and grantee not in (table trusted)`

/**
 * SQL: everything about the bookkeeping that is not to be trusted, as a JSON array of Distrust. It looks only
 * at the catalog. `ledger` is an expression for the ledger's OID. That other roles may write the ledger is
 * common, and what they do there shows against the journal; nobody else writes the rest.
 */
export function findDistrust(ledger: string): string {
  return `(
  with recursive ${TRUSTED}, ${relations(ledger)}, found as (${FOUND}
  )
  select coalesce(json_agg(json_build_object('kind', kind, 'object', object, 'sql', sql, 'found', found,
           'owner', pg_get_userbyid(owner), 'me', current_user) order by rank, object like 'sequence %', object, found), '[]')
    from found)`
}

const PLAIN = `'pg_database_owner'::regrole::oid, quote_ident(current_user)::regrole::oid,
                  (select datdba from pg_database where datname = current_database())`

/** SQL: some of those who are trusted, without a look at memberships. Nearly always they own all. */
export const PLAIN_OWNERS = `(${PLAIN})`

const isStrange = (owner: string) => `${owner} <> all ((select owners from plain)::oid[])`

const OWN = '(select oids from own)::oid[]'
const DEFAULTS = `array(select oid from pg_attrdef where adrelid = any (${OWN}))`
const CONSTRAINTS = `array(select oid from pg_constraint where conrelid = any (${OWN}))`
const INDEXES = `array(select indexrelid from pg_index where indrelid = any (${OWN}))`

/** SQL: what parts of the bookkeeping use, in the catalogs that are compared with it. */
const used = (kind: string, parts: string) =>
  `from pg_depend where classid = '${kind}'::regclass and objid = any (${parts}) and refclassid`

/**
 * SQL: false only where `findDistrust` finds nothing, at a tenth of its cost: everything belongs to plain roles, and there is
 * nothing on it that a closer look might find fault with. Each question reads one catalog, by the OIDs that are known by then:
 * PostgreSQL plans every order of a join, and a new session pays for that each time.
 */
export function mayBeDistrusted(ledger: string): string {
  return `(
  with plain as materialized (select array[${PLAIN}] as owners),
       ${parts(ledger)}
  select exists (select from space where ${isStrange('nspowner')})
      or exists (select from space, aclexplode(nspacl) as acl where privilege_type = 'CREATE' and ${isStrange('grantee')})
      or exists (select from relation
                  where ${isStrange('relowner')} or relhassubclass or relispartition or relrowsecurity
                     or case relkind when 'r' then relhasrules when 'v' then sql <> '${FORMER_JOURNAL}' else relkind <> 'S' end)
      or (exists (select from space) or ${ledger} is not null) and not exists (select from relation where sql = '${JOURNAL}')
      or exists (select from relation, aclexplode(relacl) as acl
                  where oid is distinct from ${ledger} and privilege_type in ${WRITES} and ${isStrange('grantee')})
      or exists (select from pg_attribute, aclexplode(attacl) as acl
                  where attrelid = any (${OWN}) and attrelid is distinct from ${ledger}
                    and privilege_type in ${WRITES} and ${isStrange('grantee')})
      or exists (select from pg_trigger where tgrelid = any (${OWN}) and not (
                    tgname in ('append_only', 'refuse_older') and tgfoid = any (array(select oid from routine))
                    and tgrelid = any (array(select oid from relation where sql in ('${JOURNAL}', '${FORMER_JOURNAL}')))))
      or exists (select from pg_inherits where inhrelid = any (${OWN}))
      or exists (select from pg_constraint where contype = 'f' and (conrelid = any (${OWN}) or confrelid = any (${OWN})))
      or exists (select from routine where ${isStrange('proowner')})
      or exists (select ${used('pg_class', `${OWN} || ${INDEXES}`)} in ${CODE})
      or exists (select ${used('pg_constraint', CONSTRAINTS)} in ${CODE})
      or exists (select ${used('pg_attrdef', DEFAULTS)} in ${CODE})
      or exists (select from pg_class where relkind = 'S' and ${isStrange('relowner')}
                    and oid = any (array(select refobjid ${used('pg_attrdef', DEFAULTS)} = 'pg_class'::regclass))))`
}

/** Catalogs of what has an owner, who may change what it does. */
const CODE = `('pg_proc'::regclass, 'pg_type'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass, 'pg_collation'::regclass)`

/** Our schemas, and what is in them; found by indexes alone. */
function parts(ledger: string): string {
  return `space as materialized (
    select oid, nspowner, nspacl from pg_namespace where nspname in ('${JOURNAL_SCHEMA}', '${ARCHIVE_SCHEMA}')
  ), member as materialized (
    select classid, objid from pg_depend
     where refclassid = 'pg_namespace'::regclass and refobjid = any (array(select oid from space))
  ), relation as materialized (
    select oid, relkind, relowner, relacl, relhasrules, relhassubclass, relispartition, relrowsecurity,
           oid::regclass::text as sql
      from pg_class
     where relkind not in ('i', 'I', 't')
       and oid = any (array(select ${ledger} union all select objid from member where classid = 'pg_class'::regclass))
  ), own as materialized (
    select array(select oid from relation) as oids
  ), routine as materialized (
    select oid, proowner from pg_proc where oid = any (array(select objid from member where classid = 'pg_proc'::regclass))
  )`
}

/** Throws BOOKKEEPING_UNTRUSTED. */
export function refuseUntrusted(distrust: readonly Distrust[]): void {
  const [first] = distrust
  if (!first) return
  const { kind, object, owner } = first
  const reason = REASONS[kind](first)
  throw failure('BOOKKEEPING_UNTRUSTED', { object, owner, reason, ...remedy(first) })
}

/** The same for a caller that has not read the state; without a ledger where it is about the whole database. */
export async function requireTrusted(client: ClientBase, ledgerTable?: string): Promise<void> {
  const ledger = 'to_regclass($1)'
  const { rows: asked } = await client.query<{ isSuspect: boolean }>(
    `select ${mayBeDistrusted(ledger)} as "isSuspect"`,
    [ledgerTable],
  )
  if (!asked[0]?.isSuspect) return
  const { rows } = await client.query<{ distrust: Distrust[] }>(
    `select ${findDistrust(ledger)} as distrust`,
    [ledgerTable],
  )
  refuseUntrusted(rows[0]?.distrust ?? [])
}

/** A type that is no relation's takes the ledger's name as well. Throws BOOKKEEPING_UNTRUSTED. */
export async function refuseTypeOfName(client: ClientBase, ledgerTable: string): Promise<void> {
  const { rows } = await client.query<Distrust>(
    `with recursive ${TRUSTED}
     select 'owner' as kind, case typtype when 'd' then 'domain ' else 'type ' end || $1 as object, $1 as sql,
            pg_get_userbyid(typowner) as owner, '' as found, current_user as me
       from pg_type where oid = to_regtype($1) and typrelid = 0 and typowner not in (table trusted)`,
    [ledgerTable],
  )
  refuseUntrusted(rows)
}

const KIND = /^(?:materialized view|foreign table|\w+)/

/** `alter … set schema`: what another role has made is out of the way, with all that is in it. */
function setAside(what: string): string {
  return what.startsWith('schema ')
    ? `alter ${what} rename to ${what.slice('schema '.length)}_set_aside`
    : `create schema if not exists set_aside; alter ${what} set schema set_aside`
}

/**
 * What mends it and destroys nothing. Taken over as it is, a table would run its maker's defaults; so what another role
 * has made is set aside, unless that role is one of the migrator's own.
 */
function remedy({ kind, object, sql, found, owner, me }: Distrust): {
  readonly run: string
  readonly unlessOwn?: string
} {
  const unlessOwn = `grant ${quoteName(owner)} to ${quoteName(me)}`
  switch (kind) {
    case 'owner': {
      // `table …` and the like: with the name as SQL has it.
      const what = sql.startsWith('routine ') ? sql : `${KIND.exec(object)?.[0]} ${sql}`
      return { run: setAside(what), unlessOwn }
    }
    case 'definer':
    case 'kind':
      return { run: setAside(`table ${sql}`), ...(kind === 'definer' && { unlessOwn }) }
    case 'trigger':
      return { run: `drop trigger ${quoteName(found)} on ${sql}` }
    case 'rule':
      return { run: `drop rule ${quoteName(found)} on ${sql}` }
    case 'policy':
      return { run: `alter table ${sql} disable row level security` }
    case 'grant':
      return { run: `revoke ${sql} from ${found === 'public' ? found : quoteName(found)}` }
    default:
      return { run: sql }
  }
}
