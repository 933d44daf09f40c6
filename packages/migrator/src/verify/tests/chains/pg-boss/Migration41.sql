ALTER TABLE pgboss.schedule ADD COLUMN IF NOT EXISTS kind text NOT NULL DEFAULT 'cron' CHECK (kind IN ('cron', 'rrule'));
UPDATE pgboss.schedule SET kind = 'rrule'
              WHERE kind = 'cron'
                AND (cron ~* '(^|[[:space:]]|;)FREQ=' OR cron ~* '(^|[[:space:]])(DTSTART|RRULE|RDATE|EXDATE)[;:]');
UPDATE pgboss.schedule SET timezone = 'UTC' WHERE timezone IS NULL;
ALTER TABLE pgboss.schedule ALTER COLUMN timezone SET DEFAULT 'UTC';
ALTER TABLE pgboss.schedule ADD COLUMN IF NOT EXISTS last_job_id uuid;
UPDATE pgboss.version SET version = 41;

-- down
ALTER TABLE pgboss.schedule DROP COLUMN kind;
ALTER TABLE pgboss.schedule DROP COLUMN last_job_id;
UPDATE pgboss.version SET version = 40;
