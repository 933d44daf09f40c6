/** Conditions on a row of `item`, of every class of types: one line each. */
export const CONDITIONS: readonly string[] = `
v in ('a', 'b')
v not in ('a', 'b')
v in ('a')
v = 'a' or v = 'b'
v = any (array['a', 'b'])
v = any (array['a', 'b']::varchar[])
v = any (array['a', 'b']::text[])
v = any ('{a,b}')
v <> all (array['a', 'b'])
v3 in ('a', 'b', null)
v in ('a', t)
v in (t, tc, v3)
t in ('a', 'b')
t in (v, v3)
t = any (va)
v = any (va)
v = any (ta)
'a' = any (va)
c in ('a', 'b')
c = 'a'
c = v
c::text = 'a'
c in ('a'::char(5), 'b'::char(3))
v::char(3) in ('a', 'b')
v::varchar(3) = 'a'
v::varchar(3)::varchar(2) = 'a'
t::varchar(3) in ('a', 'b')
t::varchar = 'a'
t::char = 'a'
one = 'a'
one in ('a', 'b')
one = '\\x'
name = 'a'
name in ('a', 'b')
name = v
name::varchar in ('a', 'b')
s in ('a', 'b')
s = 'a'
s::text || v <> ''
'a'::short = s
v collate "C" in ('a', 'b')
v collate "C" < 'a'
(t collate "C") = any (array['a', 'b'])
t collate case_blind = 'a'
t < ('a' collate "C")
tc > t collate "C"
lower(v) in ('a', 'b')
lower(v::varchar(2)) = 'a'
lower(m) in ('sad', 'ok')
upper(t collate "C") = 'A'
v || 'x' in ('a', 'b')
v like 'a%'
v not like 'a%' escape '!'
v ilike 'a%'
v similar to 'a|b'
v not similar to 'a' escape '#'
v ~ '^a'
v !~* '^a'
v like any (array['a%', 'b%'])
v not like all (array['a%', 'b%'])
v ^@ 'a'
c like 'a%'
name ~ 'a'
'it''s' = v
E'a\\\\b\\n' = v
coalesce(v, 'a') = 'b'
coalesce(v, t, c, 'a') = 'b'
coalesce(v, v3) in ('a', 'b')
coalesce(c, 'a') = 'b'
coalesce(n, big, 0) > 0
coalesce(num, 0) > 1.5
nullif(v, '') is not null
nullif(n, 0) > 1
greatest(v, 'a') = least('b', v3)
greatest(n, big, num) > least(1, 2.5)
case v when 'a' then true when 'b' then false else null end
case c when 'a' then true end
case when v in ('a', 'b') then t else v end = 'a'
case when v = 'a' then 'x' when n > 1 then v end in ('x', 'y')
case m when 'sad' then 1 when 'ok' then 2 end > 1
case when n > 1 then 1 else 2.5 end > num
case n + 1 when 1 then 'a' when 2 then 'b' end = v
n between 1 and 10
n not between 1 and 10
n between symmetric 10 and 1
n not between symmetric 10 and 1
n between 1 and 10 and v in ('a', 'b')
v in ('a', 'b') and n between 1 and 10
n between 1 and 10 and big between 1 and 5 and small > 3
(n > 1 and n < 5) and (big > 1 and big < 5)
(n > 1 or n < 5) or (big > 1 or big < 5)
n > 1 and (n < 5 and (big > 1 and big < 5))
n > 1 or (n < 5 or (big > 1 or big < 5))
((n > 1 and n < 5) or n = 7) and not (b and not b)
not (n > 1 and n < 5)
not b
not (not b)
b is true and b is not false and b is unknown or b is not unknown
b = true
n = 1
n = -1
n = - n
n = +1
n = @ n
-n > -(-1)
- (n + 1) > 2
n in (1, 2, -3)
n not in (1, 2, -3)
n in (1, big)
n in (1, 2.5)
n = any ('{1,2}'::int[])
n = any (ia)
n = any (ia) and v = any (va)
n > all (array[1, 2] || ia)
small in (1, 2)
big in (1, 2, 9999999999)
big > 1 and small < 1::smallint
big = 1::bigint
n::bigint in (1, 2)
n / 2 * 3 % 4 - 5 > 6 ^ 2
n << 2 | 3 & 4 # 5 > ~ n
num in (1, 2.5)
num > 1.50
num = 1.5::numeric(10, 2)
num = '1.5'::numeric(3, 1)
num = -1.5
num = 1e10
num::numeric(5, 1) > 2
num::int = 1
many::numeric(5) > 0
am > 1.5
am in (1, 2.5)
1.5::amount = am
r = 1.5
r > 1.5::real
d in (1, 2.5, '1e100', 'NaN', '-Infinity')
d > 1::real
cash > '1.5'::money
cash > 1.5::numeric::money
n = 1::text::int
t = 1::text
t = '1'
n = '1'::int
n > length(v) + char_length(c)
n = twice(n) and twice(-1) < 0
label(v) = 'a'
label(t, v) = label('a', 'b', 2)
label('a', n => 3) = t
list('a', v, t) = 1
list(variadic array['a', v]) = 1
list(variadic va) = 1
v operator(zoo.===) 'a'
day > '2020-01-01'
day in ('2020-01-01', '2020-01-02')
day between '2020-01-01' and 'infinity'
day > date '2020-01-01' + 7
day > '2020-01-01'::timestamp
ts > '2020-01-01 10:00'
ts in ('2020-01-01', 'infinity')
ts3 = '2020-01-01 10:00:00.123456'::timestamp(3)
ts::timestamp(0) > ts3
at > '2020-01-01 10:00+02'
at in ('2020-01-01 10:00+02', '-infinity')
at at time zone 'Europe/Berlin' > ts
at at time zone interval '2 hours' > ts
ts at time zone 'UTC' > at
at::timestamptz(2) > '2020-01-01'::timestamptz(2)
at::date in ('2020-01-01', '2020-01-02')
extract(year from at) > 2000
extract(epoch from iv) in (1, 2)
date_part('year', day) > 2000
date_trunc('day', at, 'UTC') = at
day + iv > ts - interval '1 day'
clock > '10:00' and clockz > '10:00+02'
clock::time(0) in ('10:00', '11:00')
clockz::timetz(2) = '10:00:00.123+00'
iv > '1 day'
iv > interval '1' day
iv > interval '1 day 02:03:04.567' day to minute
iv > '3 days'::interval second(1)
iv::interval year to month > '1 year'
iv::interval(3) in ('1 day', '-2 hours')
iv * 2 > ivd and - iv < ivd
ivd in ('1 day', '1.239 s')
(day, day + 1) overlaps (day, '2020-01-01')
(ts, iv) overlaps (ts, interval '1 day')
at > now() - interval '30 days'
at > current_timestamp and ts < localtimestamp(2) and day < current_date and clock < localtime
at > current_timestamp(3) and clockz > current_time(1)
current_user = 'a' or session_user = v or current_schema = name or current_role <> 'b'
current_setting('app.tenant', true) = v
current_setting('app.tenant')::int = n
u = '00000000-0000-0000-0000-000000000001'
u in ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002')
u = gen_random_uuid()
raw = '\\xdead'
raw in ('\\x00', 'abc')
get_byte(raw, 0) = 1 and octet_length(raw) < 10
bits = b'1010' and vbits <> B'11' and bits & '1100' = x'A'
bits in ('1010', b'1111')
vbits::bit(4) in ('1010', '1111')
bits::varbit(2) = '10'
1::bit(4) = bits
ip << '10.0.0.0/8'
ip in ('10.0.0.1', '10.0.0.2')
net in ('10.0.0.0/8', '11.0.0.0/8')
net = ip
mac = '08:00:2b:01:02:03'
m = 'sad'
m in ('sad', 'ok')
m not in ('sad', 'ok')
m = any (ms)
ms = '{sad,ok}'
ms @> array['sad', 'ok']::mood[]
m::text in ('sad', 'ok')
v::mood in ('sad', 'ok')
m > 'sad'::text::mood
p = row(1, 'a')
p = row(1, 'a')::pair
(p).a = 1 and (p).b in ('a', 'b')
(p::pair).b = 'a'
(row(1, 'a')::pair).b = v
p is null
p is not null
row(n, v) is null
p is distinct from null
(ps[1]).b in ('a', 'b')
(n, v) = (1, 'a')
(n, v) in ((1, 'a'), (2, 'b'))
(n, v) not in ((1, 'a'), (2, 'b'))
(n, v) < (1, 'a')
row(n, t) >= row(1, v)
row(n, v) is distinct from row(1, 'a')
row(1) = row(n)
row(n, v)::text = '(1,a)'
item is not null
item.item = 1
item.* is not distinct from null
v is distinct from 'a'
v is not distinct from t
n is null and v is not null and jb isnull and t notnull
va = array['a', 'b']::varchar[]
va = array['a', 'b']::varchar(3)[]
va && array['a', 'b']::varchar[]
va @> array['a', v]
va <> '{}'
va = array[]::varchar[]
va::text[] = ta
va::varchar(2)[] = va
ta = array['a', t, v]
ta && array['a', 'b']::varchar[]::text[]
ta @> array['a', 'b']::text[]
ta = array[['a', 'b'], ['c', 'd']]
ta = array[['a', v], [v3, 'd']]::text[]
ta = array[array['a'::varchar], array['b'::varchar]]::text[]
ta = array['a'::varchar, 'b'::varchar]::text[]
ta = array[v, v3]::text[]
va = array[v, v3]::varchar(2)[]
ta = array[v, v3]::varchar(2)[]::text[]
ta = array[m, 'ok'::mood]::text[]
ta = array['a', v]::varchar[]::text[]
ta[1] = 'a' and ta[1:2] = array['a'] and ta[:n] <> ta[n:]
ta || 'a'::text = ta || array['a']
array_length(va, 1) > 1 and cardinality(ta) > 1
array_position(va, 'a') > 0
'a' = all (ta)
v = some (array[t, 'a'])
ia = array[1, 2] or ia = '{1,2}' or ia @> array[n]
ia = array[1, big]::int[]
ia = array[1.5, 2.5]::int[]
na = array[1, 2.555]::numeric(6, 2)[]
na = array[1, 2.5] and na[1] in (1, 2.5)
array[n, big] = array[1, 2]::bigint[]
array[num, n]::numeric(4, 1)[] = na
array[day, at] = array[ts]::timestamptz[]
array[1, 2]::bigint[] = array[big]
array[1, 2]::text[] = ta
array_to_string(array[v, 'a']::varchar[], ',') = 'x'
jb -> 'a' ->> 'b' = 'c'
jb ->> 'a' in ('a', 'b')
(jb ->> 'a')::int in (1, 2)
(jb ->> 'a')::varchar(3) in ('a', 'b')
jb #> '{a,b}' is not null and jb #>> array['a', 'b'] = 'c'
jb @> '{"a": 1}' and jb ? 'a' and jb ?| array['a', 'b']
jb ?& array['a', v]
jb @? '$.a[*] ? (@ > 1)' and jb @@ '$.a > 1'
jb['a']['b'] = '1'
va = (array['a', 'b']::varchar[])::varchar(3)[]
va = (array['a', 'b']::text[])::varchar(3)[]
va = (array['abcdef', v]::varchar(3)[])::varchar(5)[]
na = (array[1.555, 2.5]::numeric(4, 1)[])::numeric(6, 2)[]
na = (array[n, 2]::int[])::numeric(6, 2)[]
ta = ((array['a', 'b']::varchar[])::text[])::varchar(3)[]::text[]
array[n + 1, 2]::bigint[] = (array[n * 2, n - 1]::int[])::bigint[]
(array[ts, ts3]::timestamptz[])::date[] = array[day, at]::timestamptz(2)[]::date[]
(array['10:00', clock]::time[])::time(1)[] <> array[clock]
(array['1 day', iv]::interval[])::interval day to second(1)[] <> array[ivd]
(array[m, 'ok']::mood[])::text[] = (array[s, 'x']::short[])::text[]
(array[array[n, 1], array[2, 3]]::int[])::bigint[] = array[[big, 1]]
(array[ia, array[2, 3]]::int[])::bigint[] = array[[big, 1]]
(array['ab', c]::bpchar[])::char(1)[] <> array[c]
(array[b'1010', bits]::bit(4)[])::bit(2)[] <> array[bits]
(array['1010', vbits]::varbit[])::varbit(2)[] <> array[vbits]
(array['1010', bits]::"bit"[])::bit(2)[] <> array[bits]
(array[at, '2020-01-01']::timestamptz[])::timestamptz(2)[] <> array[at]
(array[null, v]::varchar[])::text[] <> ta
(array[array['a', v], array['b', v3]]::varchar[])::text[] <> ta
(array['a', v]::varchar[])::short[] <> array[s]
(array['a', 'it''s']::varchar[])::text[] <> (array[E'a\\\\', '']::varchar[])::text[]
(array['a', 'b']::varchar[])[1] = (array['a', v]::varchar[]::text[])[2]
(n > 1 and (b or (n < 5 or v = 'a')) and (b and n = 3)) or (b or n = 9)
(b and (b and (b and not (b and (b and b)))))
j -> 0 ->> 'a' = 'b'
jb || '{"a": 1}' <> jb - 'a' - array['b']
jsonb_typeof(jb) in ('object', 'array')
jsonb_build_object('a', v, 'b', n) = jb
nr @> 1.5 and nr && numrange(1, 2, '[]') and nr <> 'empty'
nr in ('[1,2)', 'empty')
ir @> 5 and ir = '[1,10)' and lower(ir) > 1 and not isempty(ir)
ir @> n and ir @> '[1,2)'::int4range
tr @> at and tr && tstzrange('2020-01-01', null)
tr && '[2020-01-01 00:00+00,)'
mr @> 1 and mr = '{[1,2),[5,6)}' and mr && ir
pt <@ bx and pt ~= point(1, 2) and bx && '(1,1),(0,0)'::box
pt <-> '(1,1)' < 1
ci @> pt and area(ci) > 1
words @@ 'a & b' and words @@ to_tsquery('english', v)
words @@ search and search <> 'a'
to_tsvector('english'::regconfig, v) @@ 'a'
to_tsvector('simple', coalesce(v, '')) @@ plainto_tsquery('simple', 'a')
o = 1 and o in (1, 2) and o::int = 5
rel = 'pg_class'::regclass
rel in ('pg_class', 'zoo.other')
rel = 'zoo.other'::regclass::oid
'zoo.twice(int)'::regprocedure = o
"select" = 1 and "Mixed" in ('a', 'b') and "Mixed" = v
coalesce(x is document, false)
xmlelement(name a, xmlattributes(v as b), t) is not null
xmlparse(content v) is not null and xmlserialize(content x as text) = 'a'
xmlforest(v, t as b) is not null or xmlconcat(x, x) is not null or xmlpi(name a, 'b') is null
xmlexists('//a' passing by ref x)
position('a' in v) > 0 and substring(v from 1 for 2) = 'a' and trim(both 'x' from v) = 'a'
substring(v from 'a.*') = 'a' and substring(v similar 'a#"b#"c' escape '#') = 'b'
overlay(v placing 'a' from 1 for 2) = 'b' and trim(v) in ('a', 'b') and ltrim(c) = 'a'
substring(v, 2)::varchar(2) in ('a', 'b')
v is normalized and normalize(t, nfc) = v
collation for (v) = 'x'
format('%s-%s', v, n) in ('a', 'b')
concat(v, n, null) = concat_ws(',', variadic array['a', v])
left(v, 2) || right(t, -2) = rpad(c, 3, v)
regexp_replace(v, 'a', 'b', 'g') in ('a', 'b')
split_part(v, ',', 1) = 'a' and (string_to_array(v, ','))[1] in ('a', 'b')
md5(v) = 'a' and encode(raw, 'hex') = 'b' and v = chr(65)
v::text collate "C" = any (array['a'::varchar, 'b'])
(v)::varchar(3) in ('a'::varchar(3), 'b'::varchar(2))
v in ('a'::text, 'b'::varchar)
v in ('a', null)
v = null::text
null::int is null
v::json ->> 'a' = any ('{a,b}'::varchar[])
n::text in ('1', '2')
n::text::varchar(2) in ('1', '2')
b::text in ('true', 'false')
b::int in (0, 1)
'2020-01-01'::date = day and '10:00'::time = clock and 'true'::bool
(n = 1) = (v = 'a') and (n is null) = (v is null)
n is not null <> b
(v = 'a') is true and (v in ('a', 'b')) is not false
num_nonnulls(n, v, t) = 1
mod(n, 2) = 0 and n % 2 = 1 and abs(n) >= ceil(num)
round(num, 2) = num and trunc(d) > sqrt(n) and power(n, 2) > 1
`
  .trim()
  .split('\n')

/** PostgreSQL 16 and later have SQL's own functions of JSON. */
export const CONDITIONS_OF_16: readonly string[] = `
jb is json object and v is json array with unique keys and t is not json scalar
json_object('a': v, 'b': n absent on null) is not null
json_object('a' value v with unique keys returning jsonb) = jb
json_array(v, n null on null returning jsonb) = jb
n = 0x1F or n = 1_000 or n = 0b11
system_user = v
`
  .trim()
  .split('\n')

export const CONDITIONS_OF_17: readonly string[] = `
json_exists(jb, '$.a ? (@ > $n)' passing n as n false on error)
json_value(jb, '$.a' returning int default 1 on empty error on error) in (1, 2)
json_value(jb, '$.a' returning varchar(3)) in ('a', 'b')
json_query(jb, '$.a' with wrapper keep quotes empty array on empty) = '[]'
json_query(jb, '$.a' returning text omit quotes null on empty) in ('a', 'b')
json(v) is not null and json_scalar(n) is not null and json_serialize(jb returning bytea) = '\\x00'
at at local > ts
`
  .trim()
  .split('\n')
