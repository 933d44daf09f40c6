alter table if exists "order_line_item" add column if not exists "is_custom_price" boolean not null default false;
alter table if exists "order_shipping_method" add column if not exists "is_custom_amount" boolean not null default false;

-- down
alter table if exists "order_line_item" drop column if exists "is_custom_price";
alter table if exists "order_shipping_method" drop column if exists "is_custom_amount";
