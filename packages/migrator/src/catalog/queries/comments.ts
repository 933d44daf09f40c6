import { isOurSchema } from './sql.ts'

/**
 * Every comment in the database that can be ours: on user-made objects and on the schema `public`.
 */
export const COMMENTS = `
  select classoid::regclass::text as catalog, objoid as oid, objsubid as part,
    description as comment
  from pg_description
  where objoid >= 16384
    or (classoid = 'pg_namespace'::regclass and objoid = to_regnamespace('public'))`

/**
 * The names of objects that have a comment and are not in the catalog otherwise (`$1`: regclass,
 * oid and column number as text): a constraint NOT NULL, an attribute of a composite type, a cast.
 * `$2`: excluded schemas.
 */
export const COMMENTED = `
  select o.type || ' ' || o.identity as identity, c.comment as text
  from jsonb_to_recordset($1::jsonb) c(catalog text, oid oid, part int, comment text)
  cross join lateral pg_identify_object(c.catalog::regclass, c.oid, c.part) o
  cross join lateral pg_identify_object_as_address(c.catalog::regclass, c.oid, c.part) a
  where o.type <> 'extension'
    and ${isOurSchema('o.schema')}
    and (o.type <> 'schema' and cardinality(a.object_names) = 1
      or ${isOurSchema('a.object_names[1]')})
    and not exists (select from pg_depend e
      where e.classid = c.catalog::regclass and e.objid = c.oid and e.deptype = 'e')`
