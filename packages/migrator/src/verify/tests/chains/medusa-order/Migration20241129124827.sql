alter table if exists "order_address" add column if not exists "deleted_at" timestamptz null;
CREATE INDEX IF NOT EXISTS "IDX_order_address_deleted_at" ON "order_address" (deleted_at) WHERE deleted_at IS NULL;

-- down
ALTER TABLE "order_address" DROP COLUMN if exists "deleted_at";
