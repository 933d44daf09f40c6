import { PARTITIONED } from './shop.ts'
import { NEXT, PREVIOUS } from './shop-releases.ts'
import type { Lie } from './verify-case.ts'

/** Migrations whose way up lies in one way, with the fault that names it. */
export const LIES: Readonly<Record<string, Lie>> = {
  'up drops rows in a function': {
    given: `create function clean() returns int language plpgsql as $$ begin delete from review where stars < 3; return 1; end $$`,
    up: 'select clean()',
    down: 'select 1',
    fault: { step: 'up', cause: 'rows', object: 'public.review', said: 'nothing' },
  },
  'TRUNCATE in a DO block': {
    up: `do $$ begin truncate log; end $$`,
    down: 'select 1',
    fault: { step: 'up', cause: 'rows', object: 'public.log', said: 'nothing' },
  },
  'values that a trigger changes in another table': {
    given: `create function spread() returns trigger language plpgsql as
        $$ begin update customer set note = note || '!' where id = 1; return null; end $$;
      create trigger spread after insert on log for each row execute function spread()`,
    up: `insert into log values ('2026-05-05', 'x')`,
    down: `delete from log where line = 'x'`,
    fault: { step: 'up', cause: 'values', object: 'public.customer.note', said: 'nothing' },
  },
  'more rows than the statement says': {
    given: `create function all_of_it() returns trigger language plpgsql as
        $$ begin if pg_trigger_depth() = 1 then update review set stars = stars # 4; end if; return null; end $$;
      create trigger all_of_it after update on review for each row execute function all_of_it()`,
    up: 'update review set stars = stars # 1 where id = 3',
    down: 'select 1',
    fault: {
      step: 'up',
      cause: 'values',
      object: 'public.review.stars',
      said: '1 value to change',
    },
  },
  'a lock that a function hides': {
    given: `create function widen() returns void language plpgsql as $$ begin alter table orders add column width int; end $$`,
    up: 'select widen()',
    down: 'alter table orders drop column width',
    fault: {
      step: 'up',
      cause: 'lock',
      object: 'public.orders',
      said: 'nothing',
      happened: 'ACCESS EXCLUSIVE',
    },
  },
  'a rewrite that a DO block hides': {
    up: `lock table review in access exclusive mode;
      do $$ begin alter table review alter column stars type bigint; end $$`,
    down: 'alter table review alter column stars type int',
    fault: { step: 'up', cause: 'rewrite', object: 'public.review' },
  },
  'a scan that a DO block hides': {
    up: `alter table orders add column note text;
      do $$ begin alter table orders add constraint paid check (total > -1000000000); end $$`,
    down: 'alter table orders drop constraint paid; alter table orders drop column note',
    fault: { step: 'up', cause: 'scan', object: 'public.orders' },
  },
  'a default that is not the recorded one': {
    up: `alter table orders add column currency text default 'USD'`,
    later: `alter table orders add column currency text default 'EUR'`,
    down: 'alter table orders drop column currency',
    fault: { step: 'up', cause: 'schema', object: 'column public.orders.currency' },
  },
  'an enum value that is removed while rows have it': {
    up: `alter table review alter column mood type text;
      drop type mood;
      create type mood as enum ('glad');
      alter table review alter column mood type mood using mood::mood`,
    down: `alter type mood add value 'calm' before 'glad'`,
    fault: { step: 'up', cause: 'does-not-run', object: 'Migration2_case' },
  },
  'NOT NULL on rows that have none': {
    up: 'alter table customer alter column name set not null',
    down: 'alter table customer alter column name drop not null',
    fault: { step: 'up', cause: 'does-not-run', object: 'Migration2_case' },
  },
  'a column without default that may not be NULL': {
    up: 'alter table customer add column age int not null',
    down: 'alter table customer drop column age',
    fault: { step: 'up', cause: 'does-not-run', object: 'Migration2_case' },
  },
  'a CHECK that rows do not fit': {
    up: `alter table review add constraint stars_low check (stars < 2)`,
    down: 'alter table review drop constraint stars_low',
    fault: { step: 'up', cause: 'does-not-run', object: 'Migration2_case' },
  },
  'a unique index that rows do not fit': {
    up: 'create unique index log_line on log (line)',
    down: 'drop index log_line',
    fault: { step: 'up', cause: 'does-not-run', object: 'Migration2_case' },
  },
  'its own data test': {
    up: `update orders set state = 'paid' where state = 'new'`,
    down: `update orders set state = 'new' where id < 0`,
    test: `export async function after(client) {
      const { rows } = await client.query("select count(*)::int as n from orders where state = 'new'")
      if (rows[0].n === 0) throw new Error('no order is new any more')
    }`,
    fault: { step: 'up', cause: 'test', happened: 'no order is new any more' },
  },
  'rows that a rule deletes': {
    given: `create rule spread as on insert to log where new.line = 'x' do also delete from review where stars = 4`,
    up: `insert into log values ('2026-05-05', 'x')`,
    down: `delete from log where line = 'x'`,
    fault: { step: 'up', cause: 'rows', object: 'public.review', said: 'nothing' },
  },
  'text that a function cuts': {
    given: `create function cut() returns void language plpgsql as $$ begin update customer set note = left(note, 3); end $$`,
    up: 'select cut()',
    down: 'select 1',
    fault: { step: 'up', cause: 'values', object: 'public.customer.note', said: 'nothing' },
  },
  'a build that a function hides': {
    given: `create function speed() returns void language plpgsql as $$ begin create index orders_at on orders (at); end $$`,
    up: 'lock table orders in share mode; select speed()',
    down: 'drop index orders_at',
    fault: { step: 'up', cause: 'build', object: 'public.orders' },
  },
  'a lock of a trigger': {
    given: `create function hold() returns trigger language plpgsql as $$ begin lock table customer in share mode; return null; end $$;
      create trigger hold after insert on log for each statement execute function hold()`,
    up: `insert into log values ('2026-05-05', 'x')`,
    down: `delete from log where line = 'x'`,
    fault: { step: 'up', cause: 'lock', object: 'public.customer', happened: 'SHARE' },
  },
  'rows that do not fit into a partition': {
    given: PARTITIONED,
    up: `create table event_mar (at date not null, n int); insert into event_mar select at, 1 from log;
      alter table event attach partition event_mar for values from ('2026-03-01') to ('2026-04-01')`,
    down: `alter table event detach partition event_mar; drop table event_mar`,
    fault: { step: 'up', cause: 'does-not-run', object: 'Migration2_case' },
  },
  'a type that values do not fit': {
    up: 'alter table customer alter column note type varchar(4)',
    down: 'alter table customer alter column note type text',
    fault: { step: 'up', cause: 'does-not-run', object: 'Migration2_case' },
  },
  'what it ensures is not so': {
    up: `update orders set state = 'settled' where state = 'paid' and id < 10`,
    down: `update orders set state = 'paid' where state = 'settled'`,
    ensures: [
      { query: `select count(*) as n from orders where state = 'paid'`, says: 'No order is paid.' },
    ],
    fault: { step: 'up', cause: 'does-not-run', object: 'Migration2_case' },
  },
  'a rename that the previous release does not survive': {
    up: `do $$ begin alter table customer rename note to remark; end $$`,
    down: `alter table customer rename remark to note`,
    previous: PREVIOUS,
    fault: { step: 'up', cause: 'previous-release', object: 'Customer.note' },
  },
  'a value of an enum that the previous release sends': {
    up: `do $$ begin
        alter table review alter column mood type text; drop type mood; create type mood as enum ('calm');
        alter table review alter column mood type mood using 'calm'; end $$`,
    down: `alter table review alter column mood type text; drop type mood; create type mood as enum ('calm', 'glad');
      alter table review alter column mood type mood using mood::mood`,
    previous: PREVIOUS,
    fault: { step: 'up', cause: 'previous-release', object: 'Review.mood' },
  },
  'a CHECK that the previous release does not know': {
    up: `do $$ begin alter table orders add constraint large check (total > 1000) not valid; end $$`,
    down: 'alter table orders drop constraint large',
    previous: PREVIOUS,
    fault: { step: 'up', cause: 'previous-release', object: 'Order' },
  },
  'a column that the next release cannot be without': {
    up: `alter table customer add column phone text; alter table customer drop column note`,
    down: 'alter table customer drop column phone; alter table customer add column note text',
    previous: PREVIOUS,
    entities: NEXT,
    fault: { step: 'up', cause: 'next-release', object: 'Customer.phone' },
  },
  'a lock that a procedure takes outside of a transaction': {
    given: `create procedure widen() language plpgsql as
        $$ begin alter table orders add column width int; commit; perform 1; commit; end $$`,
    up: 'call widen()',
    down: 'alter table orders drop column width',
    transactional: false,
    fault: {
      step: 'up',
      cause: 'lock',
      object: 'public.orders',
      said: 'nothing',
      happened: 'ACCESS EXCLUSIVE',
    },
  },
}
