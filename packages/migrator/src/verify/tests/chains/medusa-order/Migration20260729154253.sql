alter table if exists "order_change" add column if not exists "no_notification" boolean null;

-- down
alter table if exists "order_change" drop column if exists "no_notification";
