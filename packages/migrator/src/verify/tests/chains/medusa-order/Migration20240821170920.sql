alter table if exists "return" add column if not exists "created_by" text null;
alter table if exists "order_exchange" add column if not exists "created_by" text null;
alter table if exists "order_claim" add column if not exists "created_by" text null;

-- down
alter table if exists "return" drop column if exists "created_by";
alter table if exists "order_exchange" drop column if exists "created_by";
alter table if exists "order_claim" drop column if exists "created_by";
