import { EXCLUDED } from './scope.ts'

/**
 * A qualified name as text; quoted by this rule alone, since PostgreSQL's own list of keywords
 * differs by version. PostgreSQL's rule is asked first: it is quick, and stricter.
 */
export function qualified(...columns: string[]): string {
  return columns.map(quoted).join(` || '.' || `)
}

function quoted(column: string): string {
  return `(case when quote_ident(${column}) = ${column} or ${column} ~ '^[a-z_][a-z0-9_$]*$'
    then ${column}::text else '"' || replace(${column}::text, '"', '""') || '"' end)`
}

/** Objects of initdb have lower oids, those of an extension are its own affair. */
export function isOurs(catalog: string, oid: string): string {
  return `(${oid} >= 16384 and ${oid} not in (select e.objid from pg_depend e
    where e.refclassid = 'pg_extension'::regclass and e.classid = '${catalog}'::regclass
      and e.deptype = 'e'))`
}

/** A relation by its alias. */
export function isOurRelation(relation: string): string {
  return `(${isInSchemas(`${relation}.relnamespace`)} and ${isOurs('pg_class', `${relation}.oid`)})`
}

/** Our relations of some kinds, each with its identity, which is made once. */
export function ourRelations(...kinds: string[]): string {
  return `(select c.*, ${qualified('n.nspname', 'c.relname')} as identity
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in (${kinds.map((kind) => `'${kind}'`).join(', ')}) and ${isOurRelation('c')}
    offset 0)`
}

/** Whether the server is of this major version or a later one. */
export function isSince(major: number): string {
  return `current_setting('server_version_num')::int >= ${major}0000`
}

/** A type by its alias. */
export function isOurType(type: string): string {
  return `(${isInSchemas(`${type}.typnamespace`)} and ${isOurs('pg_type', `${type}.oid`)})`
}

/** The same for a schema's name, null where the object is in none. */
export function isOurSchema(name: string): string {
  return `(coalesce(${name}, '') <> all(${EXCLUDED})
    and coalesce(${name}, '') !~ '^pg_(toast_)?temp(_|$)')`
}

/** A sorted array; PostgreSQL keeps the order in which options were set. */
export function sorted(array: string): string {
  return `case when ${array} is not null then
    (select array_agg(o order by o collate "C") from unnest(${array}) o) end`
}

export function isInSchemas(namespace: string): string {
  return `${namespace} in (select oid from ours)`
}

/** A collation's name, where it is not the one that the type brings along. */
export function collationUnless(collation: string, usual: string): string {
  return `case when ${collation} <> ${usual} then (select ${collationName}
    from pg_collation co join pg_namespace cn on cn.oid = co.collnamespace
    where co.oid = ${collation}) end`
}

/** Needs `pg_collation co` and its `pg_namespace cn`. */
export const collationName = `case cn.nspname when 'pg_catalog' then ${quoted('co.collname')}
  else ${qualified('cn.nspname', 'co.collname')} end`

/** The names of columns, in the order of a constraint's or publication's list of numbers. */
export function columnNames(numbers: string, relation: string): string {
  return `array(select (select ka.attname::text from pg_attribute ka
      where ka.attrelid = ${relation} and ka.attnum = k.number)
    from unnest(${numbers}) k(number))`
}

/**
 * Replaces the object's own name in the head of its definition, so that a name is no part of what
 * it does.
 */
export function withoutName(definition: string, head: string): string {
  return `regexp_replace(${definition}, '^(${head}) ("([^"]|"")*"|[^ ]+) ', E'\\\\1 ')`
}

/**
 * A role by name; whoever owns the database is `pg_database_owner`, so that it may be called
 * differently elsewhere.
 */
export function roleName(oid: string): string {
  return `(case ${oid} when 0 then 'PUBLIC'
    when (select datdba from pg_database where datname = current_database())
      then 'pg_database_owner'
    else pg_get_userbyid(${oid})::text end)`
}

/** A relation's storage parameters and those of its TOAST table; needs `pg_class c` and `toast`. */
export function storageOptions(): string {
  const toast = `case when toast.reloptions is not null then
    (select array_agg('toast.' || o) from unnest(toast.reloptions) o) end`
  return sorted(`(c.reloptions || ${toast})`)
}

/** Whether a column or constraint comes from a parent. */
export function inherited(count: string, isLocal: string): string {
  return `case when ${count} > 0 then case when ${isLocal} then 'and declared' else 'only' end end`
}

/** The columns of a query that say what was granted; `letter` is acldefault()'s of the kind. */
export function granted(acl: string, letter: string, owner: string): string {
  return `${acl}::text[] as acl,
    case when ${acl} is not null then acldefault('${letter}', ${owner})::text[] end as "defaultAcl"`
}

/**
 * A query that may name columns which older versions do not have, and the values that stand for
 * them there: a name that is not found in a query is looked up in the one around it. Only the
 * unqualified name is.
 */
export function withColumns(absent: Record<string, string>, query: string): string {
  const values = Object.entries(absent).map(([name, value]) => `${value} as ${name}`)
  return `(select present.* from (select ${values.join(', ')}) absent cross join lateral (${query}) present)`
}
