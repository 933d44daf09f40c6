/** Queries of views. */
export const QUERIES: readonly string[] = [
  `select * from item`,
  `select id, v from item where v in ('a', 'b')`,
  `select i.id, lower(i.v) as low, zoo.lower(i.m) as mood from item i order by i.v, i.id desc nulls last limit 10 offset 2`,
  `select item.*, other.v as other_v from item join other on other.item_id = item.id and other.v in ('a', 'b')`,
  `select * from item natural join other`,
  `select * from item join other using (id, v)`,
  `select * from item left join other using (id) as both_ids where both_ids.id > 1`,
  `select a.id, b.id as bid, c.id as cid from item a cross join other b right join other c on c.n between a.n and b.n and c.n > 1`,
  `select a.id from item a full join (other b inner join other c on b.id = c.id) on a.id = b.id where a.n = 1 and b.n = 2 and (c.n = 3 or b.n = 1 or c.n = 7)`,
  `select distinct v, t from item`,
  `select distinct on (v) v, t, n from item order by v, n`,
  `select v, count(*), count(distinct t), sum(n) filter (where n between 1 and 5 and v in ('a', 'b')) as s, string_agg(t, ',' order by t desc, id) from item group by v having count(*) > 1 and max(v) in ('a', 'b')`,
  `select v, t, grouping(v, t), count(*) from item group by grouping sets ((v, t), (v), ())`,
  `select v, t, c, count(*) from item group by rollup (v, t), cube (c)`,
  `select lower(v), count(*) from item group by lower(v) order by lower(v)`,
  `select v, count(*) from item group by distinct rollup (v), rollup (v, t)`,
  `select n, rank() over (partition by v order by n desc) as r, sum(n) over w, lag(v, 1, 'a') over (w rows between 1 preceding and current row exclude ties) as l from item window w as (partition by t order by id)`,
  `select avg(n) over (order by day range between interval '1 day' preceding and '1 day' following) as a from item`,
  `select first_value(v) over (order by n groups between unbounded preceding and 2 following) from item`,
  `select percentile_cont(0.5) within group (order by d) as p, mode() within group (order by v) as m from item`,
  `select rank('a') within group (order by v) from item`,
  `with a as (select id, v from item where v in ('a', 'b')), b as not materialized (select * from a) select a.id, b.v from a join b using (id)`,
  `with recursive r(n, v) as (select 1, 'a'::varchar union all select n + 1, v || 'x' from r where n < 10) search depth first by n set o cycle n set c using path select n, v, c from r`,
  `with recursive r as (select id, item_id, v from other where v in ('a', 'b') union select o.id, o.item_id, o.v from other o join r on o.item_id = r.id) select * from r`,
  `select id, v from item union select id, v from other`,
  `select v from item union all select t from other union all select 'x'`,
  `select v from item union (select t from other except all select 'x' intersect select v3 from item) order by 1 limit 3`,
  `(select v from item order by n limit 1) union all (select v from other order by n limit 1)`,
  `select 'a' as a, 1 as b, null as c, 1.5 as d union select v, n, t, num from item`,
  `select v::varchar(3) as v from item union select v3 from item`,
  `select v, n from item union select 'x', -1 union all select null, 1.5 except select 'y'::short, 9999999999`,
  `select n, at, b, iv, m, bits from item union select 1, '2020-01-01', true, '1 day', 'sad', b'1010' union select -1, now(), b, interval '1 day' day, m, bits::bit(4) from item`,
  `select exists (select 1, 'a') as e, (select 'a') as s, 'a' in (select 'b') as i, array(select -1) as a, (select '2020-01-01'::date) as d, (select 'x'::short) as sh`,
  `values (1, 'a'), (2, 'b')`,
  `values (1, 'a'::varchar(3)), (2, 'b'::varchar(3)) order by 1`,
  `select * from (values (1, 'a'), (2, 'b')) x(n, v) where v in ('a', 'b')`,
  `select * from item where id in (select item_id from other where other.v in ('a', 'b'))`,
  `select * from item where (n, v) in (select n, v from other)`,
  `select * from item where (n, v) not in (select n, t from other) and n > any (select n from other) and v <> all (select t from other)`,
  `select * from item i where exists (select from other o where o.item_id = i.id and o.v = i.v)`,
  `select id, (select max(o.v) from other o where o.item_id = item.id) as m, array(select o.t from other o where o.n = item.n order by o.t) as a from item`,
  `select (select count(*) from other) as c, (select row(o.id, o.v) from other o limit 1) is null as r`,
  `select s.id from (select id, v from item where n between 1 and 3 and v in ('a', 'b')) s where s.v <> 'a'`,
  `select i.id, l.v from item i, lateral (select o.v from other o where o.item_id = i.id limit 1) l`,
  `select i.id, l.* from item i left join lateral (values (i.n), (i.id)) l(x) on true`,
  `select f.*, g, r.v from rows_of(1) f, generate_series(1, 10) g, rows_of(2) r`,
  `select * from unnest(array['a', 'b'], array[1, 2]) with ordinality u(v, n, o)`,
  `select * from rows from (generate_series(1, 2), unnest(array['a', 'b']::varchar[])) with ordinality x(a, b, c)`,
  `select * from json_to_recordset('[]') as x(a int, b varchar(3), c text collate "C")`,
  `select i.id, e.value ->> 'a' as a from item i cross join jsonb_array_elements(i.jb) e where e.value ->> 'b' in ('a', 'b')`,
  `select key, value from item, jsonb_each_text(jb)`,
  `select (rows_of(n)).*, (p).a, (p).* from item`,
  `select item from item`,
  `select i, i.item from item i`,
  `select item.item, item.v from item where item.item = 1`,
  `select generate_series(1, n) as g, unnest(va) as v from item`,
  `select * from item tablesample bernoulli (10) repeatable (3)`,
  `select i.v from item i tablesample system (5) where true`,
  `select id from item for update`,
  `select i.id from item i join other o using (id) for no key update of i skip locked for share of o nowait`,
  `select v, n from item order by n using >, v collate "C" desc fetch first 5 rows with ties`,
  `select id from only item where id = 1`,
  `select xpath('//a', x) as x, t.* from item, xmltable('//r' passing x columns id int path '@id' not null, o for ordinality, v varchar(3) default 'x') t`,
  `select v collate "C" as c, v collate "C" || 'a' as d, 'x' collate "C" as e from item order by v collate "C"`,
  `select 'a' as a, 'a'::varchar as b, 'a'::varchar(3) as c, 'a'::char(3) as d, 'a'::"char" as e, 'a'::name as f, null::varchar(3) as g, 'a'::bpchar as h`,
  `select 1 as a, 1::bigint as b, 1::smallint as c, 1::numeric(5,2) as d, 1.0 as e, -1 as f, -1.5 as g, 1e3 as h, 9999999999 as i, 1::real as j, 1.5::float8 as k, - 1.5::numeric(3,1) as l, '-1'::bigint as m`,
  `select true as a, 't'::bool as b, interval '1 day' as c, interval '1 day' day as d, '1.239'::interval second(1) as e, date '2020-01-01' as f, timestamptz '2020-01-01 10:00+02' as g, '10:00'::time(0) as h, interval(2) '1.239' as i`,
  `select array['a', 'b'] as a, array['a', 'b']::varchar[] as b, array['a', 'b']::varchar(3)[] as c, array[1, 2]::bigint[] as d, array[array[1], array[2]] as e, '{}'::text[] as f, array[]::int[] as g, array[v, t] as h, array[v, 'x'] as k from item`,
  `select v::text as a, v::varchar as b, v::varchar(20) as c, v::varchar(3) as d, c::text as e, c::varchar as f, c::char(2) as g, t::varchar(3) as h, t::char(3) as i, am::numeric as j, am::numeric(4,1) as k, s::varchar(2) as l, s::text as m from item`,
  `select n::bigint as a, n::numeric(5,1) as b, num::int as c, num::numeric(10,2) as d, num::numeric as e, num::numeric(4,1) as f, d::real as g, at::date as h, ts::timestamptz(1) as i, iv::interval day as j, bits::bit(2) as k, vbits::bit(8) as l from item`,
  `select coalesce(v, 'a') as a, nullif(v, 'a') as b, greatest(v, v3) as c, case when n = 1 then v else 'x' end as d, case v when 'a' then 1 end as e, case when b then v3 else v end as f, nullif(c, 'a') as g, nullif(v, t) as h from item`,
  `select row(1, 'a') = row(n, v) as a, row(n, v)::pair as b, (n, v)::pair as c, row(item.*) is null as d, p = row(1, 'b') as e, (p).b || 'x' as f, ps[1].a as g, ta[1:2] as h, (array['a', 'b'])[1] as i from item`,
  `select count(*) filter (where v in ('a', 'b')) over (partition by v in ('a', 'b') order by v in ('c', 'd')) as c from item`,
  `select json_agg(item order by id) as a, jsonb_object_agg(v, t) filter (where v is not null) as b, array_agg(v order by v collate "C" desc nulls last) as c, xmlagg(x) as d from item`,
  `select max(v), min(c), max(v3::text), count(v::varchar(2)), bool_and(v in ('a', 'b')), every(n between 1 and 2 and b) from item`,
  `select a.*, b.* from (item a join other b on a.id = b.item_id) where a.n between 1 and 5 and b.n between 1 and 5 and a.v in ('x', 'y')`,
  `select j.* from (item join other on item.id = other.id) as j(a, b)`,
  `select x.a, x.bb from item as x(a, bb)`,
  `select i.ctid, i.tableoid::regclass, i.xmin from item i`,
  `select label(v), label(v, 'b'), label('a', n => 3), label(t, v, n), twice(n), list('a', v), list(variadic va), concat('a', v, n) from item`,
  `select v from item where v in (select unnest(array['a', 'b'])) or v in (select x from (values ('a'), ('b')) y(x))`,
  `select at at time zone 'UTC' as a, extract(year from at) as b, date_trunc('day', at) as c, (at - now()) as d, current_date as e, current_timestamp(2) as f, localtime as g, overlay(v placing 'a' from 2) as h, position('a' in v) as i, trim(leading 'x' from v) as k, substring(v from 2 for 3) as l, v similar to 'a' as m from item`,
  `select "select", "Mixed" as "Mixed too", n as "from", v as "a""b" from item as "Item" where "Item"."Mixed" = 'x'`,
  `select zoo.lower(item.m) as m, pg_catalog.lower(item.v) as l from item where item.id = 1 group by item.m, item.v`,
]

export const QUERIES_OF_16: readonly string[] = [
  `select any_value(v) as a, json_objectagg(v: t absent on null with unique keys) as b, json_arrayagg(v order by id null on null returning jsonb) as c from item`,
  `select json_array(select v from other) as a, json_object('a': 1, 'b' value v) as b, json_array(1, v, null absent on null) as c from item`,
  `select * from (select 1 as a)`,
]

export const QUERIES_OF_17: readonly string[] = [
  `select t.* from item, json_table(jb, '$[*]' as root passing n as n columns (id for ordinality, a int path '$.a' default 1 on empty, b varchar(3) path '$.b' error on error, c jsonb format json path '$.c' with wrapper, e boolean exists path '$.e', nested path '$.d[*]' as d columns (f text path '$'))) t`,
  `select json_value(jb, '$.a' returning date) as a, json_query(jb, '$.b' with conditional wrapper) as b, json_exists(jb, 'strict $.c' error on error) as c from item`,
]

/** Bodies of functions in SQL that PostgreSQL keeps as trees. */
export const BODIES: readonly string[] = [
  `returns int return $1 + 1`,
  `returns boolean return 'a'::varchar in ('a', 'b') and $1 between 1 and 2 and true`,
  `returns setof item begin atomic select * from item where v in ('a', 'b') and n between 1 and $1 and b; end`,
  `returns int begin atomic insert into other (id, v) values ($1, 'a'), (2, default); update other set v = 'b', t = 'c' where v in ('a', 'b') and n between 1 and 2 and id = 3; delete from other using item where other.id = item.id and item.v in ('a', 'b') returning other.id; end`,
  `returns int begin atomic insert into other as o (id, v) select id, v from item where v in ('a', 'b') on conflict (id) do update set v = excluded.v, (t, n) = row('x', 1) where o.v in ('a', 'b'); select 1; end`,
  `returns int begin atomic update item set ta[1] = 'a', p.b = 'x', (n, v) = (select n, v from other limit 1) from other o where o.v = item.v; select 1; end`,
  `returns text begin atomic with d as (delete from other where v in ('a', 'b') returning *) select v from d; end`,
]

export const BODIES_OF_17: readonly string[] = [
  `returns int begin atomic merge into other o using item i on o.id = i.id and i.v in ('a', 'b') when matched and o.v in ('a', 'b') and o.n between 1 and 2 and true then update set v = i.v when matched then delete when not matched then insert (id, v) values (i.id, 'x') when not matched by source then do nothing; select 1; end`,
]

/** What else holds an expression, and views of tables that were changed later. Partition keys and bounds, exclusion constraints, domains, … */
export const STATEMENTS: readonly string[] = [
  `create table by_list (v varchar(5), n int, m mood) partition by list (v);
   create table by_list_1 partition of by_list for values in ('a', 'b', null);
   create table by_list_2 partition of by_list default`,
  `create table by_mood (m mood, n int) partition by list (m);
   create table by_mood_1 partition of by_mood for values in ('sad', 'ok') partition by range (n);
   create table by_mood_1_1 partition of by_mood_1 for values from (minvalue) to (-5)`,
  `create table by_range (at timestamptz, v varchar(5), num numeric(5, 2), day date) partition by range (at, v collate "C", num);
   create table by_range_1 partition of by_range for values from ('2020-01-01 00:00+02', 'a', 1.5) to ('2021-01-01', maxvalue, maxvalue)`,
  `create table by_expression (v varchar(5), jb jsonb, day date) partition by range (lower(v), (jb ->> 'a'), (extract(year from day)));
   create table by_expression_1 partition of by_expression for values from ('a', 'b', 1) to ('b', 'c', 2)`,
  `create table by_case (v varchar(5), n int) partition by list ((case when v in ('a', 'b') then 'x' when n between 1 and 3 and v > 'c' then v else 'y' end));
   create table by_case_1 partition of by_case for values in ('x', 'y')`,
  `create table by_hash (id int) partition by hash (id, (id + 1));
   create table by_hash_1 partition of by_hash for values with (modulus 2, remainder 1)`,
  `create table by_bool (b boolean, c char(3), d date) partition by list (b);
   create table by_bool_1 partition of by_bool for values in (true)`,
  `create table exclusive (v varchar(5), tr tstzrange, n int, exclude using gist ((lower(v)) with =, tr with &&, n with <>) where (v in ('a', 'b') and n between 1 and 2 and n > 0))`,
  `create table defaults (v varchar(5) default 'a', v2 varchar default 'a'::text, c char(3) default 'a', num numeric(5, 2) default 1.5, num2 numeric default '1.50', big bigint default 1, small smallint default -1, d float8 default 1, m mood default 'sad', ms mood[] default array['sad', 'ok']::mood[], va varchar(3)[] default array['a', 'b'], va2 varchar[] default '{a,b}', ta text[] default array['a'::varchar, 'b'::varchar], iv interval day default '1 day 2 hours', at timestamptz(2) default now(), day date default current_date + 1, u uuid default gen_random_uuid(), jb jsonb default '{}', b boolean default 'yes', am amount default 1, s short default 'x'::text, p pair default row(1, 'a'), bits bit(4) default b'1010', t text default current_user || 'a', x text default case when now() > '2020-01-01' then 'a' else 'b'::varchar end, one "char" default 'a', name name default 'a', ip inet default '10.0.0.1', low text default lower('A'::varchar(3)), nul text default null, n int default nextval('zoo.numbers'::regclass), cash money default 1, ir int4range default '[1,2]', ia int[] default '{}', iaa int[] default array[[1, 2], [3, 4]], tz timetz default '10:00+02')`,
  `create table generated (v varchar(5), n int, b boolean generated always as (v in ('a', 'b') and n between 1 and 2 and n > 0) stored, l text generated always as (lower(v) || coalesce(v, 'x')) stored, c varchar(3) generated always as (case v when 'a' then 'x' else v end) stored, a text[] generated always as (array[v, 'x']) stored)`,
  `create domain d_short as varchar(5) default 'a' check (value in ('a', 'b')) check (value ~ '^a' and length(value) between 1 and 3 and value <> '')`,
  `create domain d_num as numeric(5, 2) default 1 check (value in (1, 2.5)) check (value between 1 and 10 and value <> 5)`,
  `create domain d_mood as mood default 'sad' check (value in ('sad', 'ok'))`,
  `create domain d_array as varchar(5)[] check (value <@ array['a', 'b']::varchar[]) check (value <> array['a', 'b']::varchar[]) check ('x' = any (value))`,
  `create domain d_over as short check (value in ('a', 'b') and value::text like 'a%')`,
  `create domain d_char as char(3) check (value in ('a', 'b') or value = 'c')`,
  `create domain d_text as text collate "C" check (value in ('a', 'b') and value collate "C" < 'z')`,
  `create trigger t1 before insert or update of v, n on item for each row when (new.v in ('a', 'b') and new.n between 1 and 2 and new.b) execute function noticed()`,
  `create trigger t2 after update on item for each row when (old.* is distinct from new.* and old.v is distinct from 'a' and (new.p).b in ('a', 'b')) execute function noticed('a', 'it''s', 1)`,
  `create trigger t3 after update on item referencing old table as o new table as n for each statement when (pg_trigger_depth() = 0 and current_user in ('a', 'b')) execute function noticed()`,
  `create constraint trigger t4 after insert on item deferrable initially deferred for each row when (new.v::varchar(2) in ('a', 'b')) execute function noticed()`,
  `create rule r1 as on insert to other where new.v in ('a', 'b') and new.n between 1 and 2 and new.id > 0 do instead nothing`,
  `create rule r2 as on update to other where old.v <> new.v do also (insert into item (id, v, m) values (new.id, 'a', 'sad') on conflict do nothing; update item set v = 'b' where v in ('a', 'b') and id = old.id; delete from item where n between 1 and 2 and v = old.v)`,
  `create rule r3 as on delete to other do also notify gone, 'x'`,
  `create rule r4 as on delete to other do also insert into item (id, v, va, num, iv) select old.id, o.v || 'x', array['a', 'b'], 1, '1 day' from other o where o.v in ('a', 'b')`,
  `create statistics s1 on v, n from item`,
  `create statistics s2 (mcv) on (lower(v)), (v in ('a', 'b')), (case when n between 1 and 2 and b then v else 'x' end) from item`,
  `create statistics s3 on (coalesce(v, 'a') || c) from item`,
  `create index i1 on item (lower(v), (v in ('a', 'b')), (coalesce(v, 'x')) collate "C" text_pattern_ops desc, (v::varchar(3)), (array[v, 'a']), n) include (t) where v in ('a', 'b') and n between 1 and 2 and b`,
  `create index i2 on item using gin ((array[v, v3]::text[]), to_tsvector('english', v || ' ' || coalesce(t, '')))`,
  `create unique index i3 on item ((case when v in ('a', 'b') then v end), (jb ->> 'a'), ((jb -> 'b')::int), ((p).b), (n is null))`,
  `create table renamed (a varchar(5), b int, c int); create table joined (a varchar(5), d int);
   create view of_renamed as select r.*, j.d from renamed r join joined j using (a) where r.a in ('a', 'b') and b between 1 and 2 and c > 1;
   create view of_natural as select * from renamed natural join joined;
   create view of_row as select r, (r).a as x from renamed r;
   create view of_function as select * from rows_of(1) x(p, q);
   alter table renamed rename a to "select"; alter table renamed rename b to bb; alter table joined add bb int;
   alter table joined rename to "Joined"; alter view of_natural rename d to "D D"; alter table other add later int`,
]
