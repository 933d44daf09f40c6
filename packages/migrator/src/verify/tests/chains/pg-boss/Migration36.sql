ALTER TABLE pgboss.bam ALTER COLUMN created_on SET DEFAULT clock_timestamp();
UPDATE pgboss.version SET version = 36;

-- down
UPDATE pgboss.version SET version = 35;
