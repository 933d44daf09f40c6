/** SQL: how a constraint `k` of `object`, a table or a domain, is taken off and put back, with its comment. */
function selectPair(alter: string, object: string, on: string): string {
  return `select format('${alter} %s drop constraint %I', ${object}, conname),
         format('${alter} %s add constraint %I %s', ${object}, conname, pg_get_constraintdef(k.oid))
           || coalesce(format('; comment on constraint %I on ${on}%s is ', conname, ${object})
                         || quote_literal(obj_description(k.oid, 'pg_constraint')), '')`
}

/** SQL: the types of columns of `part`, and what those are made of. */
const TYPES = `
  with recursive used (oid) as (
    select atttypid from pg_attribute where attrelid in (select oid from part) and attnum > 0 and not attisdropped
    union
    select made_of.oid from used join pg_type t using (oid)
     cross join lateral (
       select t.typbasetype union all select t.typelem union all
       select atttypid from pg_attribute
        where attrelid = t.typrelid and t.typrelid <> 0 and attnum > 0 and not attisdropped
     ) as made_of (oid) where made_of.oid <> 0)
  select oid from used`

/** SQL: the tables `part`, and those that they inherit from: a constraint goes where it was made, with its heirs. */
const ABOVE = `
  with recursive above (oid) as (
    select oid from part union select inhparent from above join pg_inherits on inhrelid = above.oid)
  select oid from above`

/**
 * SQL: how the constraints are taken off that are NOT VALID, and put back, of the tables `part` and of the domains of
 * their columns: they hold for what is new alone, so rows that were there before them go back past them. A foreign key only
 * where the role may refer to the other table again.
 */
export const SELECT_UNVALIDATED = `
  ${selectPair('alter table', 'conrelid::regclass', '')}
    from pg_constraint k
   where conrelid in (${ABOVE}) and not convalidated and contype in ('c', 'n', 'f')
     and coninhcount = 0 and conparentid = 0 and (contype <> 'f' or has_table_privilege(confrelid, 'references'))
  union all
  ${selectPair('alter domain', 'contypid::regtype', 'domain ')}
    from pg_constraint k join pg_type t on t.oid = contypid
   where contypid in (${TYPES}) and not convalidated and contype = 'c' and pg_has_role(t.typowner, 'usage')`
