/** One schema, made in two orders that PostgreSQL keeps no further than in its catalogs. */
export const ORDERS = [
  `create table item (id int primary key, n int not null, name text);
    create table thing (a int, b text);
    alter table item set (fillfactor = 70, autovacuum_enabled = off);
    grant select on item to pg_monitor; grant select on item to pg_read_all_data;
    create statistics s on n, name from item;
    create publication p for table item (id, n), thing`,
  `create table thing (b text, a int);
    create table item (name text, dropped int, n int); alter table item drop dropped;
    alter table item add id int primary key; alter table item alter n set not null;
    alter table item set (autovacuum_enabled = off); alter table item set (fillfactor = 70);
    grant select on item to pg_read_all_data; grant select, update on item to pg_monitor;
    revoke update on item from pg_monitor;
    create statistics s on name, n from item;
    create publication p for table thing, item (n, id)`,
] as const

/**
 * The same of what an oracle takes for different: parents, roles of a policy, settings of a
 * function.
 */
export const DISPUTED_ORDERS = [
  `create table thing (a int); create table other_thing (c int);
    create table job (d text) inherits (thing, other_thing);
    create policy q on job to pg_monitor, pg_read_all_data;
    create function f() returns int language sql set work_mem = '5MB' set jit = off as 'select 1'`,
  `create table other_thing (c int); create table thing (a int);
    create table job (d text) inherits (other_thing, thing);
    create policy q on job to pg_read_all_data, pg_monitor;
    create function f() returns int language sql set jit = off set work_mem = '5MB' as 'select 1'`,
] as const
