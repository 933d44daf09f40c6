alter table if exists "order" add column if not exists "locale" text null;

-- down
alter table if exists "order" drop column if exists "locale";
