import { isOurSchema } from './sql.ts'

/**
 * Every comment in the database that can be ours: on user-made objects and on the schema `public`.
 * `identity` names the object, for those that are not in the catalog otherwise: a constraint NOT
 * NULL, an attribute of a composite type, a cast. It is looked up for every object but relations
 * and their columns, which are many and always in the catalog.
 */
export const COMMENTS = `
  select d.classoid::regclass::text as catalog, d.objoid as oid, d.objsubid as part,
    d.description as comment,
    case when not exists (select from pg_class c
      where d.classoid = 'pg_class'::regclass and c.oid = d.objoid and c.relkind <> 'c')
    then (
      select o.type || ' ' || o.identity
      from pg_identify_object(d.classoid, d.objoid, d.objsubid) o
      cross join pg_identify_object_as_address(d.classoid, d.objoid, d.objsubid) a
      where o.type <> 'extension'
        and ${isOurSchema('o.schema')}
        and (o.type <> 'schema' and cardinality(a.object_names) = 1
          or ${isOurSchema('a.object_names[1]')})
        and not exists (select from pg_depend e
          where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')
    ) end as identity
  from pg_description d
  where d.objoid >= 16384
    or (d.classoid = 'pg_namespace'::regclass and d.objoid = to_regnamespace('public'))`
