import type pg from 'pg'
import type { CatalogObject } from '../catalog/index.ts'
import { failure } from '../errors/index.ts'
import { TRUSTED } from '../journal/trust.ts'
import { quoteName } from '../sql/quote-name.ts'

/*
 * An adoption reads, repairs and changes tables that other roles may have made. A table runs the code of whoever owns
 * it, its types and the functions that it uses, as the role that reads or writes it. So an adoption takes over only
 * what trusted roles own, down to the last function.
 */

/** The first object that a role without trust owns. */
export interface Stranger {
  /** As PostgreSQL describes it: `function public.f()`. */
  readonly object: string
  readonly owner: string
  /** The current role. */
  readonly me: string
}

type Named = Pick<CatalogObject, 'kind' | 'identity'>

/** Throws ADOPTION_UNTRUSTED where one of the objects, or something that it runs, belongs to a role that is not trusted. */
export async function refuseStrangers(
  client: pg.ClientBase,
  objects: readonly Named[],
): Promise<void> {
  const found = await findStranger(client, objects)
  if (!found) return
  const run = `grant ${quoteName(found.owner)} to ${quoteName(found.me)}`
  throw failure('ADOPTION_UNTRUSTED', { ...found, run })
}

/** Of objects, and of all that they reach. Reads only the catalog, so that nothing of theirs runs. */
export async function findStranger(
  client: pg.ClientBase,
  objects: readonly Named[],
): Promise<Stranger | undefined> {
  const names = (kinds: ReadonlySet<string>) =>
    objects.flatMap(({ kind, identity }) => (kinds.has(kind) ? [identity] : []))
  const { rows } = await client.query<Stranger>(
    `with recursive ${TRUSTED}, reached as (${ROOTS} union ${NEXT}), found as (${FOUND})
     select pg_describe_object(class, object, 0) as object, pg_get_userbyid(owner) as owner, current_user as me
       from found where owner not in (table trusted) order by class <> 'pg_class'::regclass, class, 1 limit 1`,
    [names(RELATIONS), names(FUNCTIONS), names(TYPES)],
  )
  return rows[0]
}

const RELATIONS = new Set(['table', 'view', 'materialized-view', 'sequence'])
const FUNCTIONS = new Set(['function'])
const TYPES = new Set(['enum', 'domain', 'composite-type', 'range'])

const ROOTS = `
    select 'pg_class'::regclass::oid as class, to_regclass(name)::oid as object from unnest($1::text[]) as name
    union select 'pg_proc'::regclass, to_regprocedure(name) from unnest($2::text[]) as name
    union select 'pg_type'::regclass, to_regtype(name) from unnest($3::text[]) as name`

/**
 * What an object uses; its parts (columns' defaults, constraints, indexes, triggers, rules, policies), which PostgreSQL
 * drops with it; the casts of a type; and by its foreign keys the tables whose rows move with those of a table.
 */
const NEXT = `
    select next.class, next.object from reached cross join lateral (
      select refclassid as class, refobjid as object from pg_depend where (classid, objid) = (reached.class, reached.object)
      union all
      select classid, objid from pg_depend
       where (refclassid, refobjid) = (reached.class, reached.object)
         and refclassid in ('pg_class'::regclass, 'pg_type'::regclass)
         and (deptype in ('a', 'i') or classid in ('pg_constraint'::regclass, 'pg_cast'::regclass))
      union all
      select reached.class, inhrelid from pg_inherits
       where inhparent = reached.object and reached.class = 'pg_class'::regclass) as next`

/** Who owns what is reached. */
const FOUND = `
    select class, object, owner from reached join (
      select 'pg_class'::regclass::oid as class, oid as object, relowner as owner from pg_class
      union all select 'pg_namespace'::regclass, oid, nspowner from pg_namespace
      union all select 'pg_type'::regclass, oid, typowner from pg_type
      union all select 'pg_proc'::regclass, oid, proowner from pg_proc
      union all select 'pg_operator'::regclass, oid, oprowner from pg_operator
      union all select 'pg_opclass'::regclass, oid, opcowner from pg_opclass
      union all select 'pg_opfamily'::regclass, oid, opfowner from pg_opfamily
      union all select 'pg_collation'::regclass, oid, collowner from pg_collation) as owned using (class, object)`
