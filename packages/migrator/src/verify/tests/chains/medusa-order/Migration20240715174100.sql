DROP INDEX IF EXISTS "IDX_order_shipping_method_shipping_option_id";

      ALTER TABLE "order_shipping_method"
        ADD COLUMN if NOT exists "deleted_at" timestamptz NULL;

      CREATE INDEX IF NOT EXISTS "IDX_order_shipping_method_shipping_option_id" ON "order_shipping_method" (
          shipping_option_id
      ) WHERE deleted_at IS NULL;
