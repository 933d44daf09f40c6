ALTER TABLE pgboss.job ADD COLUMN IF NOT EXISTS source_name text;
ALTER TABLE pgboss.job ADD COLUMN IF NOT EXISTS source_id uuid;
ALTER TABLE pgboss.job ADD COLUMN IF NOT EXISTS source_created_on timestamp with time zone;
ALTER TABLE pgboss.job ADD COLUMN IF NOT EXISTS source_retry_count int;
UPDATE pgboss.version SET version = 34;

-- down
ALTER TABLE pgboss.job DROP COLUMN source_name;
ALTER TABLE pgboss.job DROP COLUMN source_id;
ALTER TABLE pgboss.job DROP COLUMN source_created_on;
ALTER TABLE pgboss.job DROP COLUMN source_retry_count;
UPDATE pgboss.version SET version = 33;
