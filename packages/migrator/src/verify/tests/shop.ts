/** Tables as an application has them. */
export const SHOP = `
  create table customer (id bigint generated always as identity primary key, email text not null, name text, note text);
  create table orders (id serial primary key, customer_id bigint not null references customer (id), state text not null default 'new',
    total numeric(10, 2) not null, at timestamptz not null default '2026-01-01 00:00:00+00');
  create index orders_state on orders (state);
  create type mood as enum ('calm', 'glad');
  create table review (id int primary key, order_id int references orders (id) on delete cascade, mood mood not null, stars int not null);
  create table log (at timestamptz not null, line text);
  create view open_orders as select id, total from orders where state = 'new'`

/** Its rows. */
export const ROWS = `
  insert into customer (email, name, note) select 'c' || n || '@x.org', case when n % 3 > 0 then 'C ' || n end, 'note ' || n
    from generate_series(1, 12) n;
  insert into orders (customer_id, state, total) select 1 + n % 12, case when n % 4 = 0 then 'paid' else 'new' end, n * 1.5
    from generate_series(1, 24) n;
  insert into review select n, n, case when n % 2 = 0 then 'calm'::mood else 'glad' end, n % 5 from generate_series(1, 10) n;
  insert into log select '2026-01-01', 'line ' || n % 3 from generate_series(1, 9) n`

/** A table in two parts. */
export const PARTITIONED = `create table event (at date not null, n int) partition by range (at);
  create table event_jan partition of event for values from ('2026-01-01') to ('2026-02-01');
  create table event_feb partition of event for values from ('2026-02-01') to ('2026-03-01');
  insert into event select '2026-01-20'::date + n, n from generate_series(1, 30) n`

/** A trigger that counts how often a row is written. */
export const TOUCHED = `alter table customer add column touched int not null default 0;
  create function touch() returns trigger language plpgsql as $$ begin new.touched := old.touched + 1; return new; end $$;
  create trigger touch before update on customer for each row execute function touch()`
