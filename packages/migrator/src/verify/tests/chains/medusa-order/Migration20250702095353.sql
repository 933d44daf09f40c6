alter table if exists "order_line_item_adjustment" add column if not exists "is_tax_inclusive" boolean not null default false;

-- down
alter table if exists "order_line_item_adjustment" drop column if exists "is_tax_inclusive";
