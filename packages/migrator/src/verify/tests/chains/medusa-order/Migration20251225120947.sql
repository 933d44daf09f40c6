ALTER TABLE "order"
        DROP CONSTRAINT IF EXISTS "order_shipping_address_id_foreign";

      ALTER TABLE "order"
        ADD CONSTRAINT "order_shipping_address_id_foreign"
        FOREIGN KEY ("shipping_address_id")
        REFERENCES "order_address" ("id")
        ON UPDATE CASCADE
        ON DELETE SET NULL;

      ALTER TABLE "order"
        DROP CONSTRAINT IF EXISTS "order_billing_address_id_foreign";

      ALTER TABLE "order"
        ADD CONSTRAINT "order_billing_address_id_foreign"
        FOREIGN KEY ("billing_address_id")
        REFERENCES "order_address" ("id")
        ON UPDATE CASCADE
        ON DELETE SET NULL;

-- down
ALTER TABLE "order"
        DROP CONSTRAINT IF EXISTS "order_shipping_address_id_foreign";

      ALTER TABLE "order"
        ADD CONSTRAINT "order_shipping_address_id_foreign"
        FOREIGN KEY ("shipping_address_id")
        REFERENCES "order_address" ("id")
        ON UPDATE CASCADE
        ON DELETE CASCADE;

      ALTER TABLE "order"
        DROP CONSTRAINT IF EXISTS "order_billing_address_id_foreign";

      ALTER TABLE "order"
        ADD CONSTRAINT "order_billing_address_id_foreign"
        FOREIGN KEY ("billing_address_id")
        REFERENCES "order_address" ("id")
        ON UPDATE CASCADE
        ON DELETE CASCADE;
