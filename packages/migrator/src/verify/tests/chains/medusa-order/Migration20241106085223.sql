alter table if exists "order_line_item" add column if not exists "product_type_id" text null;
CREATE INDEX IF NOT EXISTS "IDX_line_item_product_type_id" ON "order_line_item" (product_type_id) WHERE deleted_at IS NOT NULL AND product_type_id IS NOT NULL;

-- down
drop index if exists "IDX_line_item_product_type_id";
alter table if exists "order_line_item" drop column if exists "product_type_id";
