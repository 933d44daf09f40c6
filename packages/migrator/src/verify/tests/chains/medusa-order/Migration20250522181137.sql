DELETE FROM "order_summary" WHERE "order_id" NOT IN (SELECT id FROM "order");
ALTER TABLE "order_summary"
        ADD CONSTRAINT
          "order_summary_order_id_foreign" FOREIGN KEY ("order_id") REFERENCES "order" ("id")
        ON UPDATE CASCADE
        ON DELETE CASCADE;

-- down
ALTER TABLE "order_summary" DROP CONSTRAINT IF EXISTS "order_summary_order_id_foreign";
