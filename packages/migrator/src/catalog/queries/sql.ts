/**
 * A qualified name as text; quoted by this rule alone, since PostgreSQL's own list of keywords
 * differs by version.
 */
export function qualified(...columns: string[]): string {
  return columns.map(quoted).join(` || '.' || `)
}

function quoted(column: string): string {
  return `(case when ${column} ~ '^[a-z_][a-z0-9_$]*$' then ${column}::text
    else '"' || replace(${column}::text, '"', '""') || '"' end)`
}

/** Objects of initdb have lower oids, those of an extension are its own affair. */
export function isOurs(catalog: string, oid: string): string {
  return `(${oid} >= 16384 and not exists (select from pg_depend e
    where e.classid = '${catalog}'::regclass and e.objid = ${oid} and e.deptype = 'e'))`
}

/** A relation by its alias. */
export function isOurRelation(relation: string): string {
  return `(${isInSchemas(`${relation}.relnamespace`)} and ${isOurs('pg_class', `${relation}.oid`)})`
}

/** A type by its alias. */
export function isOurType(type: string): string {
  return `(${isInSchemas(`${type}.typnamespace`)} and ${isOurs('pg_type', `${type}.oid`)})`
}

/** The same for a schema's name, null where the object is in none; `$2`: the excluded schemas. */
export function isOurSchema(name: string): string {
  return `(coalesce(${name}, '') <> all($2::text[])
    and coalesce(${name}, '') !~ '^pg_(toast_)?temp(_|$)')`
}

/** A sorted array; PostgreSQL keeps the order in which options were set. */
export function sorted(array: string): string {
  return `(select array_agg(o order by o collate "C") from unnest(${array}) o)`
}

/** `$1` of every query: the schemas that are ours. */
export function isInSchemas(namespace: string): string {
  return `${namespace} = any($1::oid[])`
}

/** A collation's name, where it is not the one that the type brings along. */
export function collationUnless(collation: string, usual: string): string {
  return `(select ${collationName}
    from pg_collation co join pg_namespace cn on cn.oid = co.collnamespace
    where co.oid = ${collation} and ${collation} <> ${usual})`
}

/** Needs `pg_collation co` and its `pg_namespace cn`. */
export const collationName = `case cn.nspname when 'pg_catalog' then ${quoted('co.collname')}
  else ${qualified('cn.nspname', 'co.collname')} end`

/** The names of columns, in the order of a constraint's or publication's list of numbers. */
export function columnNames(numbers: string, relation: string): string {
  return `(select array_agg(ka.attname::text order by k.position)
    from unnest(${numbers}) with ordinality k(number, position)
    join pg_attribute ka on ka.attrelid = ${relation} and ka.attnum = k.number)`
}

/**
 * Replaces the object's own name in the head of its definition, so that a name is no part of what
 * it does.
 */
export function withoutName(definition: string, head: string): string {
  return `regexp_replace(${definition}, '^(${head}) ("([^"]|"")*"|[^ ]+) ', '\\1 ')`
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
  return sorted(`c.reloptions || (select array_agg('toast.' || o) from unnest(toast.reloptions) o)`)
}

/** Whether a column or constraint comes from a parent. */
export function inherited(count: string, isLocal: string): string {
  return `case when ${count} > 0 then case when ${isLocal} then 'and declared' else 'only' end end`
}
