/** SQL: the types that a type `t` is made of, as `oid`: of a domain, an array, a range, a composite. 0 where there is none. */
export const INNER_TYPES = `(
      select t.typbasetype as oid union all select t.typelem
      union all select rngsubtype from pg_catalog.pg_range where t.oid in (rngtypid, rngmultitypid)
      union all select atttypid from pg_catalog.pg_attribute where attrelid = t.typrelid and attnum > 0 and not attisdropped)`
