import { PARTITIONED, TOUCHED } from './shop.ts'
import type { Case } from './verify-case.ts'

/** Migrations that do what they say, of different kinds; written before those that lie. */
export const HONEST: Readonly<Record<string, Case>> = {
  'a column with a default': {
    up: `alter table orders add column currency text not null default 'EUR'`,
    down: 'alter table orders drop column currency',
  },
  'an index built concurrently': {
    up: 'create index concurrently orders_customer on orders (customer_id)',
    down: 'drop index concurrently orders_customer',
    transactional: false,
  },
  'NOT NULL by a CHECK that is validated first': {
    up: `update customer set name = email where name is null;
      alter table customer add constraint name_set check (name is not null) not valid;
      alter table customer validate constraint name_set;
      alter table customer alter column name set not null;
      alter table customer drop constraint name_set`,
    down: 'alter table customer alter column name drop not null',
  },
  'a rename of a column': {
    up: 'alter table customer rename column note to remark',
    down: 'alter table customer rename column remark to note',
  },
  'a rename of a table': {
    up: 'alter table log rename to journal',
    down: 'alter table journal rename to log',
  },
  'a column that is dropped, and that the archive restores': {
    up: 'alter table customer drop column note',
    down: 'alter table customer add column note text',
  },
  'a wider type': {
    up: 'alter table review alter column stars type bigint',
    down: 'alter table review alter column stars type int',
  },
  'another type, with USING': {
    up: 'alter table review alter column stars type text using stars::text',
    down: 'alter table review alter column stars type int using stars::int',
  },
  'a value of an enum': {
    up: `alter type mood add value 'wild'`,
    down: `alter table review alter column mood type text;
      drop type mood;
      create type mood as enum ('calm', 'glad');
      alter table review alter column mood type mood using mood::mood`,
  },
  'a table that is split': {
    up: `create table customer_name (customer_id bigint primary key references customer (id), name text);
      insert into customer_name select id, name from customer;
      alter table customer drop column name`,
    down: `alter table customer add column name text;
      update customer set name = n.name from customer_name n where n.customer_id = customer.id;
      drop table customer_name`,
  },
  'values that are changed, with the mirror': {
    up: `update orders set state = 'settled' where state = 'paid'`,
    down: `update orders set state = 'paid' where state = 'settled'`,
  },
  'rows that are deleted, and that the archive restores': {
    up: `delete from log where line = 'line 1'`,
    down: 'select 1',
    keepRows: 1024 * 1024,
  },
  'a view': {
    up: "create or replace view open_orders as select id, total, state from orders where state = 'new'",
    down: `drop view open_orders; create view open_orders as select id, total from orders where state = 'new'`,
  },
  'a function': {
    up: `create function double(n int) returns int language sql immutable return n * 2`,
    down: 'drop function double(int)',
  },
  'a foreign key that is validated later': {
    given: 'alter table review drop constraint review_order_id_fkey',
    up: `update review set order_id = null where not exists (select from orders where orders.id = order_id);
      alter table review add constraint review_order foreign key (order_id) references orders (id) not valid;
      alter table review validate constraint review_order`,
    down: 'alter table review drop constraint review_order',
    keepRows: 1024 * 1024,
  },
  'a partition': {
    given: `create table event (at date not null, n int) partition by range (at);
      create table event_rest partition of event default;
      insert into event select '2026-01-01'::date + n, n from generate_series(1, 60) n`,
    up: `create table event_feb (like event including all);
      with moved as (delete from event_rest where at >= '2026-02-01' and at < '2026-03-01' returning *)
        insert into event_feb select * from moved;
      alter table event attach partition event_feb for values from ('2026-02-01') to ('2026-03-01')`,
    down: `alter table event detach partition event_feb;
      insert into event select * from event_feb;
      drop table event_feb`,
  },
  'a trigger that keeps a time': {
    up: `alter table customer add column touched int not null default 0;
      create function touch() returns trigger language plpgsql as $$ begin new.touched := old.touched + 1; return new; end $$;
      create trigger touch before update on customer for each row execute function touch()`,
    down: 'drop trigger touch on customer; drop function touch(); alter table customer drop column touched',
  },
  'values of a table with a trigger of its own': {
    given: `alter table customer add column touched int not null default 0;
      create function touch() returns trigger language plpgsql as $$ begin new.touched := old.touched # 1; return new; end $$;
      create trigger touch before update on customer for each row execute function touch()`,
    up: `update customer set note = upper(note)`,
    down: 'select 1',
    keepRows: 1024 * 1024,
  },
  'a comment and a grant': {
    up: `comment on table orders is 'What customers buy'; grant select on orders to public`,
    down: 'comment on table orders is null; revoke select on orders from public',
  },
  'a narrower CHECK of rows that were made to fit': {
    up: `update review set stars = 1 where stars not between 1 and 5;
      alter table review add constraint stars_range check (stars between 1 and 5)`,
    down: 'alter table review drop constraint stars_range',
    keepRows: 1024 * 1024,
  },
  // Written later, and taken as they were.
  'a column whose default is the moment': {
    up: 'alter table orders add column made timestamptz not null default now()',
    down: 'alter table orders drop column made',
  },
  'a new column with the moment': {
    up: `alter table orders add column settled timestamptz; update orders set settled = now() where state = 'paid'`,
    down: 'alter table orders drop column settled',
  },
  'a table that is dropped, and that the archive restores': {
    up: 'drop table log',
    down: 'create table log (at timestamptz not null, line text)',
  },
  'a row of now() in a table without a key': {
    up: `insert into log values (now(), 'once'), (now(), 'once'), ('2026-05-05', 'then')`,
    down: `delete from log where line in ('once', 'then')`,
  },
  'tables and a view that are dropped and made again': {
    up: 'drop table review; drop view open_orders; drop table orders',
    down: `create table orders (id serial primary key, customer_id bigint not null references customer (id), state text not null default 'new',
    total numeric(10, 2) not null, at timestamptz not null default '2026-01-01 00:00:00+00');
  create index orders_state on orders (state);
  create table review (id int primary key, order_id int references orders (id) on delete cascade, mood mood not null, stars int not null);
  create view open_orders as select id, total from orders where state = 'new'`,
  },
  'a materialized view': {
    up: 'create materialized view m as select state, count(*) from orders group by 1; create unique index m_state on m (state)',
    down: 'drop materialized view m',
  },
  'a policy': {
    up: 'alter table orders enable row level security; create policy p on orders using (true)',
    down: 'drop policy p on orders; alter table orders disable row level security',
  },
  'a column that PostgreSQL computes': {
    up: 'alter table orders add column gross numeric generated always as (total * 2) stored',
    down: 'alter table orders drop column gross',
  },
  'a unique constraint on an index that was built concurrently': {
    up: 'create unique index concurrently review_u on review (id, stars); alter table review add constraint review_u unique using index review_u',
    down: 'alter table review drop constraint review_u',
    transactional: false,
  },
  'rows that are deleted for good': { up: 'delete from review where stars = 1', down: 'select 1' },
  'rows that are deleted with those that refer to them': {
    up: 'delete from orders where id = 3',
    down: 'select 1',
    keepRows: 1000000,
  },
  'values that are overwritten for good': {
    up: 'update customer set email = upper(email)',
    down: 'select 1',
  },
  'a table that moves to another schema': {
    up: 'create schema arch; alter table log set schema arch',
    down: 'alter table arch.log set schema public; drop schema arch',
  },
  'a wider primary key': {
    up: 'alter table review alter id type bigint',
    down: 'alter table review alter id type int',
  },
  'a table in place of another': {
    up: `create table log2 (id bigint generated always as identity primary key, at timestamptz not null, line text); insert into log2 (at, line) select at, line from log; drop table log; alter table log2 rename to log`,
    down: 'alter table log drop column id',
  },
  'rows that MERGE changes': {
    up: `merge into customer c using (select 1 as id) s on c.id = s.id when matched then update set name = 'first'`,
    down: 'select 1',
  },
  'an identity': {
    up: 'alter table review alter column id add generated by default as identity',
    down: 'alter table review alter column id drop identity',
  },
  'a temporary table of keys': {
    up: `create temp table t on commit drop as select id from orders; update orders set state = 'x' where id in (select id from t)`,
    down: 'select 1',
  },
  'a trigger that fills another table': {
    up: `create table audit (id bigint generated always as identity primary key, what text); create function au() returns trigger language plpgsql as $$ begin insert into audit (what) values (tg_op); return null; end $$; create trigger au after update on customer for each row execute function au(); update customer set note = note || '.'`,
    down: `drop trigger au on customer; drop function au(); drop table audit; update customer set note = left(note, -1)`,
  },
  'a partition that is detached': {
    given: PARTITIONED,
    up: 'alter table event detach partition event_feb',
    down: `alter table event attach partition event_feb for values from ('2026-02-01') to ('2026-03-01')`,
  },
  'a value of an enum that no row has any more': {
    up: `alter table review alter column mood type text;
      update review set mood = 'glad' where mood = 'calm';
      drop type mood;
      create type mood as enum ('glad');
      alter table review alter column mood type mood using mood::mood`,
    down: `alter table review alter column mood type text;
      drop type mood;
      create type mood as enum ('calm', 'glad');
      alter table review alter column mood type mood using mood::mood`,
    keepRows: 1024 * 1024,
  },
  'how a table is stored, identified and measured': {
    given: `alter table orders set (fillfactor = 70); alter table orders alter column state set statistics 500; alter table orders replica identity full`,
    up: `alter table orders set (fillfactor = 90); alter table orders alter column state set statistics 100; alter table orders replica identity default`,
    down: `alter table orders replica identity full; alter table orders alter column state set statistics 500; alter table orders set (fillfactor = 70)`,
  },
  'a foreign key that deletes no more': {
    up: `alter table review drop constraint review_order_id_fkey;
      alter table review add constraint review_order_id_fkey foreign key (order_id) references orders (id) not valid;
      alter table review validate constraint review_order_id_fkey`,
    down: `alter table review drop constraint review_order_id_fkey;
      alter table review add constraint review_order_id_fkey foreign key (order_id) references orders (id) on delete cascade`,
  },
  'values that are written while a trigger sleeps': {
    given: TOUCHED,
    up: `alter table customer disable trigger touch; update customer set note = upper(note); alter table customer enable trigger touch`,
    down: `alter table customer disable trigger touch; update customer set note = lower(note); alter table customer enable trigger touch`,
  },
  'an identity that another one takes over': {
    up: `alter table customer alter column id drop identity; create sequence customer_number owned by customer.id;
      select setval('customer_number', (select max(id) from customer)); alter table customer alter column id set default nextval('customer_number')`,
    down: `alter table customer alter column id drop default; drop sequence customer_number;
      alter table customer alter column id add generated always as identity;
      select setval(pg_get_serial_sequence('customer', 'id'), (select max(id) from customer))`,
  },
  'moments without a zone': {
    up: `alter table orders alter column at drop default; alter table orders alter column at type timestamp using at at time zone 'Europe/Berlin'`,
    down: `alter table orders alter column at type timestamptz using at at time zone 'Europe/Berlin'; alter table orders alter column at set default '2026-01-01 00:00:00+00'`,
  },
  'what a migration ensures': {
    up: `update orders set state = 'new' where state is null or state = ''`,
    down: 'select 1',
    ensures: [
      {
        query: `select count(*) as n from orders where state = ''`,
        says: 'Each order has a state.',
      },
    ],
  },
  'an identity that goes, and that the archive gives its number': {
    up: 'alter table customer alter column id drop identity',
    down: 'alter table customer alter column id add generated always as identity',
  },
  'a column of a domain with a CHECK that the same migration makes': {
    up: `create domain share as numeric check (value >= 0);
      alter table orders add column share share default 0.5`,
    down: 'alter table orders drop column share; drop domain share',
  },
  'a table that has another name when it is rewritten': {
    up: `alter table review rename to opinion; alter table opinion alter column stars type bigint`,
    down: `alter table opinion alter column stars type int; alter table opinion rename to review`,
  },
  'a default by a function that it makes': {
    up: `create function stamp() returns text language plpgsql volatile as $$ begin return 'new'; end $$;
      alter table log add column stamp text default stamp()`,
    down: 'alter table log drop column stamp; drop function stamp()',
  },
  'a procedure that commits what it copies': {
    given: `create procedure fill() language plpgsql as
        $$ begin for n in 1..3 loop insert into states select distinct state from orders where id % 3 = n - 1; commit; end loop; end $$`,
    up: 'create table states (state text); call fill()',
    down: 'drop table states',
    transactional: false,
  },
  'an index that is built again, and a table that is vacuumed': {
    up: 'reindex index concurrently orders_state; vacuum analyze orders',
    down: 'select 1',
    transactional: false,
  },
}
