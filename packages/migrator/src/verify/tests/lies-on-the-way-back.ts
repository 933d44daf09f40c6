import { PARTITIONED, TOUCHED } from './shop.ts'
import type { Lie } from './verify-case.ts'

/** Migrations whose way back, or whose way after it, lies in one way, with the fault that names it. */
export const LIES_ON_THE_WAY_BACK: Readonly<Record<string, Lie>> = {
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
  'up again is something else': {
    up: `insert into log select '2026-05-05', 'n ' || count(*) from migrator.history`,
    down: `delete from log where at = '2026-05-05'`,
    fault: { step: 'up again', cause: 'rows', object: 'public.log' },
  },
  'a row that is there twice after the way back and forth': {
    up: `insert into log values (clock_timestamp(), 'once')`,
    down: `delete from log where line = 'once'`,
    fault: { step: 'up again', cause: 'rows', object: 'public.log' },
  },
  'down leaves a value of an enum at another place': {
    up: `alter table review alter column mood type text; drop type mood`,
    down: `create type mood as enum ('glad', 'calm'); alter table review alter column mood type mood using mood::mood`,
    fault: { step: 'down', cause: 'schema', object: 'enum public.mood' },
  },
  'down leaves a sequence to nobody': {
    up: 'alter sequence orders_id_seq owned by none',
    down: 'select 1',
    fault: { step: 'down', cause: 'schema', object: 'sequence public.orders_id_seq' },
  },
  'down leaves a partition by itself': {
    given: PARTITIONED,
    up: 'alter table event detach partition event_feb',
    down: 'select 1',
    fault: { step: 'down', cause: 'schema', object: 'table public.event_feb' },
  },
  'down restores a foreign key that deletes nothing': {
    up: 'alter table review drop constraint review_order_id_fkey',
    down: 'alter table review add constraint review_order_id_fkey foreign key (order_id) references orders (id)',
    fault: {
      step: 'down',
      cause: 'schema',
      object: 'constraint public.review.review_order_id_fkey',
    },
  },
  'down restores a constraint that is not valid': {
    given: 'alter table review add constraint few check (stars < 10)',
    up: 'alter table review drop constraint few',
    down: 'alter table review add constraint few check (stars < 10) not valid',
    fault: { step: 'down', cause: 'schema', object: 'constraint public.review.few' },
  },
  'down loses a policy': {
    given: 'alter table orders enable row level security; create policy own on orders using (true)',
    up: 'drop policy own on orders; alter table orders disable row level security',
    down: 'alter table orders enable row level security',
    fault: { step: 'down', cause: 'schema', object: 'policy public.orders.own' },
  },
  'down restores another replica identity': {
    given: 'alter table orders replica identity full',
    up: 'alter table orders replica identity default',
    down: 'alter table orders replica identity nothing',
    fault: { step: 'down', cause: 'schema', object: 'table public.orders' },
  },
  'down loses a storage parameter': {
    given: 'alter table log set (fillfactor = 70)',
    up: 'alter table log set (fillfactor = 90)',
    down: 'alter table log reset (fillfactor)',
    fault: { step: 'down', cause: 'schema', object: 'table public.log' },
  },
  'down loses a statistics target': {
    given: 'alter table log alter column line set statistics 500',
    up: 'alter table log drop column line',
    down: 'alter table log add column line text',
    fault: { step: 'down', cause: 'schema', object: 'column public.log.line' },
  },
  'down leaves a trigger asleep': {
    given: TOUCHED,
    up: `alter table customer disable trigger touch; update customer set note = upper(note); alter table customer enable trigger touch`,
    down: `alter table customer disable trigger touch; update customer set note = lower(note)`,
    fault: { step: 'down', cause: 'schema', object: 'trigger public.customer.touch' },
  },
  'down restores another view': {
    up: 'drop view open_orders',
    down: `create view open_orders as select id, total from orders where state <> 'paid'`,
    fault: { step: 'down', cause: 'schema', object: 'view public.open_orders' },
  },
  'down restores a function that runs as another role': {
    given: 'create function nobody() returns int language sql security definer return 1',
    up: 'drop function nobody()',
    down: 'create function nobody() returns int language sql return 1',
    fault: { step: 'down', cause: 'schema', object: 'function public.nobody()' },
  },
  'down puts NULL in place of values': {
    up: `update customer set note = 'see ' || name where id > 6`,
    down: 'update customer set note = null where id > 6',
    fault: { step: 'down', cause: 'values', object: 'public.customer.note' },
  },
  'down deletes more than up has put in': {
    up: `insert into log values ('2026-05-05', 'line 1')`,
    down: `delete from log where line = 'line 1'`,
    fault: { step: 'down', cause: 'rows', object: 'public.log' },
  },
  'down restores amounts that are rounded': {
    up: 'update orders set total = total / 7',
    down: 'update orders set total = total * 7',
    fault: { step: 'down', cause: 'values', object: 'public.orders.total' },
  },
  'down restores moments of another zone': {
    up: `update orders set at = at::timestamp at time zone 'Europe/Berlin'`,
    down: `update orders set at = at::timestamp at time zone 'Europe/London'`,
    fault: { step: 'down', cause: 'values', object: 'public.orders.at' },
  },
  'its own data test of the way back': {
    up: `update orders set state = 'paid' where state = 'new'`,
    down: `select 1`,
    test: `export async function back(client) {
      const { rows } = await client.query("select count(*)::int as n from orders where state = 'new'")
      if (rows[0].n === 0) throw new Error('no order is new again')
    }`,
    fault: { step: 'down', cause: 'test', happened: 'no order is new again' },
  },
  'down leaves a large object': {
    up: 'select lo_create(4711)',
    down: 'select 1',
    fault: { step: 'down', cause: 'schema', object: 'other large objects' },
  },
  'up runs only once': {
    given: 'create sequence ticket',
    up: `select 1 / (2 - nextval('ticket'))`,
    down: 'select 1',
    fault: { step: 'up again', cause: 'does-not-run', object: 'Migration2_case' },
  },
  'down hides a lock and a rewrite in a DO block': {
    up: 'alter table orders add column note text',
    down: `alter table orders drop column note; do $$ begin alter table review alter column stars type int using stars + 0; end $$`,
    fault: {
      step: 'down',
      cause: 'lock',
      object: 'public.review',
      said: 'nothing',
      happened: 'ACCESS EXCLUSIVE, rewrite',
    },
  },
}
