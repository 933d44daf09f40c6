import type { Case } from './verify-case.ts'
import type { Fault } from '../report.ts'

/** Migrations each of which lies in one way, with the fault that names it. */
export const LIES: Readonly<Record<string, Case & { readonly fault: Partial<Fault> }>> = {
  'down forgets an index': {
    up: 'alter table orders add column code text; create index orders_at on orders (at)',
    down: 'alter table orders drop column code',
    fault: { step: 'down', cause: 'schema', object: 'index public.orders_at' },
  },
  'down forgets a trigger': {
    up: `create function quiet() returns trigger language plpgsql as 'begin return new; end';
      create trigger quiet before insert on orders for each row execute function quiet()`,
    down: 'select 1',
    fault: { step: 'down', cause: 'schema', object: 'trigger public.orders.quiet' },
  },
  'down makes a column of another type': {
    up: 'alter table customer drop column note',
    down: 'alter table customer add column note varchar(100)',
    fault: { step: 'down', cause: 'schema', object: 'column public.customer.note' },
  },
  'down loses a comment': {
    given: `comment on column customer.note is 'What we know'`,
    up: 'alter table customer drop column note',
    down: 'alter table customer add column note text',
    fault: {
      step: 'down',
      cause: 'schema',
      object: 'column public.customer.note',
      happened: 'comment = none',
    },
  },
  'down loses a grant': {
    given: 'grant select on open_orders to public',
    up: 'drop view open_orders',
    down: `create view open_orders as select id, total from orders where state = 'new'`,
    fault: { step: 'down', cause: 'schema' },
  },
  'down loses a default': {
    up: 'alter table orders alter column state drop default',
    down: 'select 1',
    fault: { step: 'down', cause: 'schema', object: 'column public.orders.state' },
  },
  'down restores other values': {
    up: 'update review set stars = stars # 1',
    down: 'update review set stars = stars # 2',
    fault: { step: 'down', cause: 'values', object: 'public.review.stars' },
  },
  'down leaves rows that up has put in': {
    up: `insert into log values ('2026-05-05', 'from a migration')`,
    down: 'select 1',
    fault: { step: 'down', cause: 'rows', object: 'public.log' },
  },
  'down sets a sequence to an earlier number': {
    given: `create sequence ticket; select setval('ticket', 500)`,
    up: 'alter table orders add column ticket bigint',
    down: `alter table orders drop column ticket; select setval('ticket', 3)`,
    fault: { step: 'down', cause: 'sequence', object: 'public.ticket' },
  },
  'down does not run': {
    up: `alter table customer add column age int`,
    down: 'alter table customer drop column ages',
    fault: { step: 'down', cause: 'does-not-run', object: 'Migration2_case' },
  },
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
  'up again is something else': {
    up: `insert into log select '2026-05-05', 'n ' || count(*) from migrator.history`,
    down: `delete from log where at = '2026-05-05'`,
    fault: { step: 'up again', cause: 'rows', object: 'public.log' },
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
  'a rewrite for a domain with a CHECK that the same migration makes': {
    up: `create domain share as numeric check (value >= 0);
      alter table orders add column share share default 0.5`,
    down: 'alter table orders drop column share; drop domain share',
    fault: { step: 'up', cause: 'rewrite', object: 'public.orders', said: 'ACCESS EXCLUSIVE' },
  },
  'a row that is there twice after the way back and forth': {
    up: `insert into log values (now(), 'once')`,
    down: `delete from log where line = 'once'`,
    fault: { step: 'up again', cause: 'rows', object: 'public.log' },
  },
}
