ALTER TABLE "return"
        ADD COLUMN if NOT exists "location_id" TEXT NULL;
