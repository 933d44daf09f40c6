alter table if exists "order_line_item_tax_line" add column if not exists "metadata" jsonb null;
alter table if exists "order_line_item_tax_line" add column if not exists "data" jsonb null;
alter table if exists "order_shipping_method_tax_line" add column if not exists "metadata" jsonb null;
alter table if exists "order_shipping_method_tax_line" add column if not exists "data" jsonb null;

-- down
alter table if exists "order_line_item_tax_line" drop column if exists "data";
alter table if exists "order_line_item_tax_line" drop column if exists "metadata";
alter table if exists "order_shipping_method_tax_line" drop column if exists "data";
alter table if exists "order_shipping_method_tax_line" drop column if exists "metadata";
