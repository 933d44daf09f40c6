CREATE TABLE pgboss.warning (
          id uuid PRIMARY KEY default gen_random_uuid(),
          type text NOT NULL,
          message text NOT NULL,
          data jsonb,
          created_on timestamp with time zone NOT NULL DEFAULT now()
        );
CREATE INDEX warning_i1 ON pgboss.warning (created_on DESC);
UPDATE pgboss.version SET version = 29;

-- down
DROP INDEX pgboss.warning_i1;
DROP TABLE pgboss.warning;
UPDATE pgboss.version SET version = 28;
