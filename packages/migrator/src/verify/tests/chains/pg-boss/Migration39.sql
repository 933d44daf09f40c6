ALTER TABLE pgboss.version ADD COLUMN IF NOT EXISTS reindex_on timestamp with time zone;
UPDATE pgboss.version SET version = 39;

-- down
ALTER TABLE pgboss.version DROP COLUMN reindex_on;
UPDATE pgboss.version SET version = 38;
