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
  /** False: only a qualified name or a function with a search path of its own leads to it. */
  readonly isOnPath: boolean
  /** What removes it, and nothing else; null where there may be rows in it. */
  readonly drop: string | null
}

/** SQL: the first schema of the path whose owner is not trusted, as a PathStranger; NULL where there is none. */
export function strangerOnPath(path: string): string {
  return `(
  with recursive ${TRUSTED}
  select json_build_object('object', 'schema ' || quote_ident(nspname), 'owner', pg_get_userbyid(nspowner),
                           'me', current_user, 'isOnPath', true, 'drop', null)
    from pg_namespace
   where nspname::text = any (coalesce(${path}, current_schemas(false)::text[])) and nspowner not in (table trusted)
   order by nspname limit 1)`
}

/** SQL: false only where `strangerOnPath` finds nothing, and cheaper. */
export function mayBeStrange(path: string): string {
  return `exists (select from pg_namespace
     where nspname::text = any (coalesce(${path}, current_schemas(false)::text[])) and nspowner not in ${PLAIN_OWNERS})`
}

const PLACE = 'is where a qualified name, or a function with a search path of its own, is looked up'

/** Throws PATH_UNTRUSTED. */
export function refuseStranger(
  found: PathStranger | null | undefined,
  consequence = 'so it decides what the names in migrations mean, and may drop what they make',
): void {
  if (!found) return
  const unlessOwn = `grant ${quoteName(found.owner)} to ${quoteName(found.me)}`
  const { object, owner, drop, isOnPath } = found
  throw failure('PATH_UNTRUSTED', {
    object,
    owner,
    place: isOnPath ? 'is on the search path' : PLACE,
    consequence,
    unlessOwn,
    ...(drop !== null && { run: drop }),
  })
}

/**
 * Before anything of the author's runs: where its names are looked up no role without trust has made what PostgreSQL could
 * prefer to what is the author's, or its own. `schemas` is the search path; without it the one of the session's beginning.
 * It looks only at the catalog. Throws PATH_UNTRUSTED.
 */
export async function refusePreferred(
  client: ClientBase,
  schemas = authorsSchemas(client),
): Promise<void> {
  const { rows: asked } = await client.query<{ isAny: boolean }>(
    `with ${PLAIN} select exists (${madeByOthers('<> all ((select owners from plain)::oid[])')}) as "isAny"`,
  )
  if (!asked[0]?.isAny) return
  const { rows: others } = await client.query<{ schema: string }>(
    `with recursive ${TRUSTED} select distinct schema from (${madeByOthers('not in (table trusted)')}) as made (schema)`,
  )
  if (others.length === 0) return
  const { rows } = await client.query<PathStranger>(
    `with recursive ${TRUSTED}, ${PATHS}, ${CALLABLE}, ${NAMED}, ${REACHES},
       found as (${OWNED} union ${OVERLOADS} union ${SHADOWS}), ${WHOLE}
     select pg_describe_object(class, object, 0) as object, pg_get_userbyid(owner) as owner, current_user as me,
            is_on_path as "isOnPath", case when class not in ('pg_class'::regclass, 'pg_namespace'::regclass)
                 then format('drop %s %s', it.type, it.identity) end as drop
       from whole cross join pg_identify_object(class, object, 0) as it
      order by is_on_path desc, class <> 'pg_namespace'::regclass, class <> 'pg_class'::regclass, class, 1 limit 1`,
    [schemas, others.map(({ schema }) => schema)],
  )
  refuseStranger(
    rows[0],
    'where PostgreSQL may prefer it to what a migration means: its code would run as the migrating role',
  )
}

/** What is found by its name: its catalog, and the columns of it that are name, schema and owner. */
const NAMES = [
  ['pg_proc', 'proname', 'pronamespace', 'proowner'],
  ['pg_operator', 'oprname', 'oprnamespace', 'oprowner'],
  ['pg_type', 'typname', 'typnamespace', 'typowner'],
  ['pg_class', 'relname', 'relnamespace', 'relowner'],
  ['pg_collation', 'collname', 'collnamespace', 'collowner'],
  ['pg_ts_config', 'cfgname', 'cfgnamespace', 'cfgowner'],
  ['pg_ts_dict', 'dictname', 'dictnamespace', 'dictowner'],
] as const

/** Some of those who are trusted, without a look at memberships. Nearly always they have made all. */
const PLAIN = `plain as materialized (
  select array(select oid from pg_roles where rolsuper or oid in ${PLAIN_OWNERS}) as owners)`

/** The schemas that others than these own, or have made something in. Smaller numbers are PostgreSQL's own. */
const madeByOthers = (isOther: string) =>
  `select oid from pg_namespace where nspowner ${isOther}${NAMES.map(
    ([table, , schema, owner]) => `
    union all select ${schema} from ${table} where oid >= 16384 and ${owner} ${isOther}`,
  ).join('')}`

/**
 * Where names are looked up: on the author's path (0), on those that functions of trusted roles set for themselves, and in
 * each schema alone, for a name that is qualified. pg_catalog comes first, unless the path names it. Only those that lead
 * to something of a role without trust.
 */
const PATHS = `
  list as (
    select 0 as list, coalesce($1::text[], current_schemas(false)::text[]) as names
    union all
    select row_number() over (), names from (
      select distinct array(
               select case coalesce(replace(part[1], '""', '"'), part[2]) when '$user' then current_user::text
                           else coalesce(replace(part[1], '""', '"'), part[2]) end
                 from regexp_matches(substr(setting, 13), '"((?:[^"]|"")*)"|([^", ]+)', 'g') with ordinality as found (part, place)
                order by place) as names
        from pg_proc cross join unnest(proconfig) as setting
       where starts_with(setting, 'search_path=') and proowner in (table trusted)) as own
    union all
    select -row_number() over (), array[nspname::text] from pg_namespace
     where oid = any ($2::oid[]) and nspowner in (table trusted)
  ), place as (
    select list, n.oid, array_position(names, nspname::text) as place from list join pg_namespace n on nspname::text = any (names)
    union select list, 'pg_catalog'::regnamespace, 0 from list where list >= 0 and 'pg_catalog' <> all (names)
  ), path as (
    select * from place where list in (select list from place where oid = any ($2::oid[]))
  )`

/** What is called by a name with arguments. `f(x)` is also a cast to the type f. */
const CALLABLE = `
  callable as (
    select 'pg_proc'::regclass::oid as class, f.oid, proname::text as name, proowner as owner, list, place,
           proargtypes::oid[] as types, pronargs - pronargdefaults as least, provariadic <> 0 as is_variadic
      from pg_proc f join path on path.oid = pronamespace
    union all
    select 'pg_operator'::regclass, o.oid, format('%s %s', oprname, oprkind), oprowner, list, place, array[oprleft, oprright], 2, false
      from pg_operator o join path on path.oid = oprnamespace
    union all
    select 'pg_type'::regclass, t.oid, typname::text, typowner, list, place, array[0::oid], 1, false
      from pg_type t join path on path.oid = typnamespace where typrelid = 0 and typtype <> 'p'
  )`

/** Of which types a value becomes one of which others, with nothing said. */
const REACHES = `
  reaches as (
    select castsource as source, casttarget as target from pg_cast where castcontext = 'i'
    union select oid, oid from pg_type
    union select t.oid, any_type.oid from pg_type t cross join pg_type any_type
     where any_type.typname in ('any', 'anyelement', 'anynonarray', 'anycompatible', 'anycompatiblenonarray')
  )`

const isOperator = (side: string) => `(${side}.class = 'pg_operator'::regclass)`

/**
 * With one argument, a cast to a type of that name comes before all functions that do not fit exactly. Otherwise a candidate
 * wins by an argument that it takes more exactly, or of a preferred category: so by an argument of a type that the author
 * uses. Types that the other role has made are none, but for domains, which count as what they are of, and for those that
 * an implicit cast leads to. Where the arguments are the same, the earlier schema wins, also over all others.
 * https://www.postgresql.org/docs/18/typeconv-func.html
 */
const OVERLOADS = `
    select mine.class, mine.oid as object, mine.owner, list = 0 as is_on_path
      from callable mine join callable other using (list, name)
     where mine.owner not in (table trusted) and other.owner in (table trusted)
       and ${isOperator('mine')} = ${isOperator('other')}
       and (mine.is_variadic or other.is_variadic
            or (mine.least <= cardinality(other.types) and other.least <= cardinality(mine.types)))
       and not exists (
             select from callable same where (same.list, same.class, same.name, same.types) = (mine.list, mine.class, mine.name, mine.types)
                and same.place < mine.place and same.owner in (table trusted))
       and case when mine.class = 'pg_type'::regclass and other.class = 'pg_proc'::regclass then true
                when exists (select from unnest(mine.types, other.types) as argument (mine, other) where mine <> other)
                  or mine.is_variadic or other.is_variadic
           then exists (
             select from unnest(mine.types, other.types) as argument (mine, other) join pg_type t on t.oid = argument.mine
              where (argument.mine <> argument.other or (argument.other is null and other.is_variadic) or mine.is_variadic)
                and (typowner in (table trusted) or typtype = 'd' or ${isReached('argument', 'other.types')}))
           else mine.place < other.place end`

/** A literal is taken to be of the type of the other arguments, where only one candidate takes it then. */
function isReached(argument: string, others: string): string {
  return `exists (
    select from reaches to_mine join pg_type s on s.oid = to_mine.source
     where to_mine.target = ${argument}.mine and s.typowner in (table trusted)
       and not exists (select from reaches where source = s.oid and target = ${argument}.other)
       and exists (select from reaches where source = s.oid and target = any (${others})))`
}

/** What is used by its name alone; types of one relation are with it. */
const NAMED = `named as (${NAMES.filter(([table]) => table !== 'pg_proc' && table !== 'pg_operator')
  .map(
    ([table, name, schema, owner]) => `
    select '${table}'::regclass::oid as class, it.oid, ${name}::text as name, ${owner} as owner, list, place
      from ${table} it join path on path.oid = ${schema}`,
  )
  .join(' union all ')})`

/** What hides something of the same name. */
const SHADOWS = `
    select mine.class, mine.oid, mine.owner, list = 0 from named mine join named other using (list, class, name)
     where mine.owner not in (table trusted) and other.owner in (table trusted) and mine.place < other.place`

/** Whoever owns a schema decides what is in it. Of the author's path alone: what a function's leads to shows in it. */
const OWNED = `
    select 'pg_namespace'::regclass::oid as class, oid as object, nspowner as owner, true as is_on_path from path join pg_namespace using (oid)
     where list = 0 and nspowner not in (table trusted)`

/** What is found, or the whole that it came and goes with: an array's element, a range's type, a row type's table. */
const WHOLE = `
  rising as (
    select class, object, owner, is_on_path, 0 as steps from found
    union
    select refclassid, refobjid, owner, is_on_path, steps + 1 from rising join pg_depend on (classid, objid) = (class, object)
     where deptype = 'i' and steps < 4
  ), whole as (
    select distinct class, object, owner, is_on_path from rising
     where not exists (select from pg_depend where (classid, objid) = (class, object) and deptype = 'i')
  )`
