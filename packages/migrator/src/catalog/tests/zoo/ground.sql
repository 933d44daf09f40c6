create extension btree_gist;
create schema zoo;
set search_path = zoo, public;
create type mood as enum ('sad', 'ok', 'happy');
create type pair as (a int, b varchar(5));
create domain amount as numeric(8, 2);
create domain short as varchar(10);
create collation case_blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create sequence numbers;
create table other (id int primary key, item_id int, v varchar(20), t text, n int, at timestamptz);
create table item (
  id int primary key, n int, big bigint, small smallint, num numeric(10, 2), many numeric,
  r real, d double precision, v varchar(20), v3 varchar(3), c char(5), t text, tc text collate "C",
  name name, b boolean, day date, ts timestamp, ts3 timestamp(3), at timestamptz, clock time,
  clockz timetz, iv interval, ivd interval day to second(2), u uuid, j json, jb jsonb, x xml,
  raw bytea, bits bit(4), vbits varbit(8), ip inet, net cidr, mac macaddr, cash money, m mood,
  ms mood[], am amount, s short, p pair, ps pair[], va varchar(5)[], ta text[], ia int[], na numeric(6, 2)[],
  nr numrange, tr tstzrange, ir int4range, mr int4multirange, pt point, bx box, ci circle,
  words tsvector, search tsquery, o oid, rel regclass, one "char", "select" int, "Mixed" text, item int
);
create function twice(int) returns int language sql immutable return $1 * 2;
create function label(text, varchar default 'x', n int default 1) returns text
  language sql immutable as 'select $1 || $2 || $3';
create function list(variadic text[]) returns int language sql immutable return cardinality($1);
create function rows_of(int) returns setof other language sql stable as 'select * from zoo.other where n = $1';
create function lower(zoo.mood) returns text language sql immutable return $1::text;
create function noticed() returns trigger language plpgsql as 'begin return new; end';
create operator === (leftarg = text, rightarg = text, function = texteq);
