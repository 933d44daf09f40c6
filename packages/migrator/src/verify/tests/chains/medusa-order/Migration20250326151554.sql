alter table if exists "order_line_item" add column if not exists "is_giftcard" boolean not null default false;

-- down
alter table if exists "order_line_item" drop column if exists "is_giftcard";
