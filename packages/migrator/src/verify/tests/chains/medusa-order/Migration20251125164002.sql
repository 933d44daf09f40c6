alter table if exists "order_change" add column if not exists "carry_over_promotions" boolean null;

-- down
alter table if exists "order_change" drop column if exists "carry_over_promotions";
