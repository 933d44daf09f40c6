import type { ClientBase } from 'pg'
import { failure } from '../errors/index.ts'
import { quoteName } from '../sql/quote-name.ts'
import { authorsSchemas } from '../session/author.ts'
import { PLAIN_OWNERS, TRUSTED } from './trust.ts'

/*
 * What a migration does not qualify, PostgreSQL finds on the search path. Whoever owns a schema there decides what that
 * means; whoever may create in one can put a closer function, operator or table beside the one that is meant.
 */

/** Something of a role without trust that stands on the author's search path. */
export interface PathStranger {
  /** As PostgreSQL describes it: `schema app`, `function public.lower(character varying)`. */
  readonly object: string
  readonly owner: string
  /** The current role. */
  readonly me: string
  /** What removes it, and nothing else; null where there may be rows in it. */
  readonly drop: string | null
}

/** SQL: the first schema of the path whose owner is not trusted, as a PathStranger; NULL where there is none. */
export function strangerOnPath(path: string): string {
  return `(
  with recursive ${TRUSTED}
  select json_build_object('object', 'schema ' || quote_ident(nspname), 'owner', pg_get_userbyid(nspowner),
                           'me', current_user, 'drop', null)
    from pg_namespace
   where nspname::text = any (coalesce(${path}, current_schemas(false)::text[])) and nspowner not in (table trusted)
   order by nspname limit 1)`
}

/** SQL: false only where `strangerOnPath` finds nothing, and cheaper. */
export function mayBeStrange(path: string): string {
  return `exists (select from pg_namespace
     where nspname::text = any (coalesce(${path}, current_schemas(false)::text[])) and nspowner not in ${PLAIN_OWNERS})`
}

/** Throws PATH_UNTRUSTED. */
export function refuseStranger(
  found: PathStranger | null | undefined,
  consequence = 'so it decides what the names in migrations mean, and may drop what they make',
): void {
  if (!found) return
  const unlessOwn = `grant ${quoteName(found.owner)} to ${quoteName(found.me)}`
  const { object, owner, drop } = found
  throw failure('PATH_UNTRUSTED', {
    object,
    owner,
    consequence,
    unlessOwn,
    ...(drop !== null && { run: drop }),
  })
}

/**
 * Before anything of the author's runs: on the search path no role without trust has made what PostgreSQL could prefer to
 * what is the author's, or its own. It looks only at the catalog. Throws PATH_UNTRUSTED.
 */
export async function refusePreferred(client: ClientBase): Promise<void> {
  const schemas = [authorsSchemas(client)]
  const others = await client.query(
    `with recursive ${TRUSTED}, ${PATH} select where ${OTHERS}`,
    schemas,
  )
  if (others.rowCount === 0) return
  const { rows } = await client.query<PathStranger>(
    `with recursive ${TRUSTED}, ${PATH}, ${CALLABLE}, found as (${OVERLOADS} union all ${SHADOWS})
     select pg_describe_object(class, object, 0) as object, pg_get_userbyid(owner) as owner, current_user as me,
            case when class <> 'pg_class'::regclass then format('drop %s %s', it.type, it.identity) end as drop
       from found cross join pg_identify_object(class, object, 0) as it
      order by class <> 'pg_class'::regclass, class, 1 limit 1`,
    schemas,
  )
  refuseStranger(
    rows[0],
    'where PostgreSQL may prefer it to what a migration means: its code would run as the migrating role',
  )
}

/** pg_catalog comes first, unless the path names it. */
const PATH = `
  names as (select coalesce($1::text[], current_schemas(false)::text[]) as names), path as (
    select n.oid, array_position(names, nspname::text) as place from names join pg_namespace n on nspname::text = any (names)
    union select 'pg_catalog'::regnamespace, 0 from names where 'pg_catalog' <> all (names)
  )`

/** Whether a role without trust has made any of what is looked for: mostly not, which is told in a fifth of the time. */
const OTHERS = [
  ['pg_proc', 'pronamespace', 'proowner'],
  ['pg_operator', 'oprnamespace', 'oprowner'],
  ['pg_type', 'typnamespace', 'typowner'],
]
  .map(
    ([table, namespace, owner]) =>
      `exists (select from ${table} where ${namespace} in (select oid from path) and ${owner} not in (table trusted))`,
  )
  .join(' or ')

/** What is called by a name with arguments. `f(x)` is also a cast to the type f. */
const CALLABLE = `
  callable as (
    select 'pg_proc'::regclass::oid as class, f.oid, proname::text as name, proowner as owner, place,
           proargtypes::oid[] as types, pronargs - pronargdefaults as least, provariadic <> 0 as is_variadic
      from pg_proc f join path on path.oid = pronamespace
    union all
    select 'pg_operator'::regclass, o.oid, format('%s %s', oprname, oprkind), oprowner, place, array[oprleft, oprright], 2, false
      from pg_operator o join path on path.oid = oprnamespace
    union all
    select 'pg_type'::regclass, t.oid, typname::text, typowner, place, array[0::oid], 1, false
      from pg_type t join path on path.oid = typnamespace where typrelid = 0 and typcategory <> 'A' and typtype <> 'p'
  )`

/**
 * A candidate wins by an argument that it takes more exactly, or of a preferred category: so by an argument of a type that
 * the author uses. Types that the other role has made are none, but for domains, which count as what they are of. Where the
 * arguments are the same, the earlier schema wins, also over all others. https://www.postgresql.org/docs/18/typeconv-func.html
 */
const OVERLOADS = `
    select mine.class, mine.oid as object, mine.owner
      from callable mine join callable other using (name)
     where mine.owner not in (table trusted) and other.owner in (table trusted)
       and mine.class <> 'pg_type'::regclass
       and (other.class = mine.class or (mine.class = 'pg_proc'::regclass and other.class = 'pg_type'::regclass))
       and (mine.is_variadic or other.is_variadic
            or (mine.least <= cardinality(other.types) and other.least <= cardinality(mine.types)))
       and not exists (
             select from callable same where (same.class, same.name, same.types) = (mine.class, mine.name, mine.types)
                and same.place < mine.place and same.owner in (table trusted))
       and case when exists (select from unnest(mine.types, other.types) as argument (mine, other) where mine <> other)
                  or mine.is_variadic or other.is_variadic
           then exists (
             select from unnest(mine.types, other.types) as argument (mine, other) join pg_type t on t.oid = argument.mine
              where (argument.mine <> argument.other or (argument.other is null and other.is_variadic) or mine.is_variadic)
                and (typowner in (table trusted) or typtype = 'd'))
           else mine.place < other.place end`

/** Types, and with their row types tables and views, that hide one of the same name. */
const SHADOWS = `
    select case typrelid when 0 then 'pg_type'::regclass else 'pg_class'::regclass end, coalesce(nullif(typrelid, 0), mine.oid),
           typowner
      from pg_type mine join path on path.oid = typnamespace
     where typowner not in (table trusted) and typcategory <> 'A' and exists (
       select from pg_type other join path later on later.oid = other.typnamespace
        where other.typname = mine.typname and other.typowner in (table trusted) and path.place < later.place)`
