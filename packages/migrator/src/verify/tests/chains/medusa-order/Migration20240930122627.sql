alter table if exists "order_item" add column if not exists "unit_price" numeric null, add column if not exists "raw_unit_price" jsonb null;

-- down
alter table if exists "order_item" drop column if exists "unit_price";
alter table if exists "order_item" drop column if exists "raw_unit_price";
