-- What commit 66c4eb4, the last of journal format 4, wrote on PostgreSQL 15: the dump of a database whose schema was dropped
-- once (M1), with a way back and up again (M3), a segment settled by hand (M4), a table made by hand, and a way back whose
-- archive waits. The last entry is of a segment that was interrupted.
CREATE SCHEMA migrator;
CREATE SCHEMA migrator_archive;
COMMENT ON SCHEMA migrator_archive IS 'What migrate down took away. See: migrate archive list';
CREATE FUNCTION migrator.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin raise exception 'the migrator''s journal is append-only'; end $$;
CREATE TABLE migrator.catalogs (
    fingerprint text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    catalog text NOT NULL
);
COMMENT ON TABLE migrator.catalogs IS 'Schemas that runs left behind, as JSON lines; the journal names them by fingerprint.';
CREATE TABLE migrator.journal (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    run uuid NOT NULL,
    event text NOT NULL,
    migration text,
    direction text,
    phase text,
    segment integer,
    segments integer,
    mode text,
    final boolean DEFAULT false NOT NULL,
    checksum text,
    statements jsonb,
    undo jsonb,
    duration_ms integer,
    lock_wait_ms integer,
    attempts integer,
    rows bigint,
    note text,
    fingerprint text,
    facts jsonb,
    ledger text,
    role text DEFAULT CURRENT_USER NOT NULL,
    application text DEFAULT current_setting('application_name'::text) NOT NULL,
    host text,
    tool_version text,
    build text,
    CONSTRAINT journal_direction_check CHECK ((direction = ANY (ARRAY['up'::text, 'down'::text])))
);
COMMENT ON TABLE migrator.journal IS 'What the migrator did, in order. Format 4. Append-only: the migrator reads it to recover.';
ALTER TABLE migrator.journal ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME migrator.journal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE migrator_archive.e2 (
    id integer
);
CREATE TABLE migrator_archive.e3 (
    key1 text,
    place text,
    old1 text,
    stamp text,
    fresh boolean DEFAULT true NOT NULL
);
CREATE TABLE migrator_archive.entries (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    run uuid NOT NULL,
    ledger text NOT NULL,
    migration text NOT NULL,
    kind text NOT NULL,
    schema text NOT NULL,
    "table" text NOT NULL,
    columns text[] NOT NULL,
    key text[] NOT NULL,
    sequences jsonb NOT NULL,
    relations text[] NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    note text,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL
);
ALTER TABLE migrator_archive.entries ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME migrator_archive.entries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.by_hand (
    n integer
);
CREATE TABLE public.item (
    id integer NOT NULL,
    v text
);
CREATE TABLE public.mikro_orm_migrations (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    executed_at timestamp(6) with time zone DEFAULT CURRENT_TIMESTAMP(6) NOT NULL
);
CREATE SEQUENCE public.mikro_orm_migrations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.mikro_orm_migrations_id_seq OWNED BY public.mikro_orm_migrations.id;
ALTER TABLE ONLY public.mikro_orm_migrations ALTER COLUMN id SET DEFAULT nextval('public.mikro_orm_migrations_id_seq'::regclass);
INSERT INTO migrator.catalogs VALUES ('c2:b8a836c568f7af6f1be27e8c39fb8e14d9aa1159cc99a73a5cfa437d5e793592', '2026-11-26 18:13:23.576502+00', '{"catalog":1,"fingerprint":"c2:b8a836c568f7af6f1be27e8c39fb8e14d9aa1159cc99a73a5cfa437d5e793592"}
{"kind":"schema","identity":"public","grants":["PUBLIC: USAGE"],"comment":"standard public schema"}
{"kind":"extension","identity":"plpgsql","schema":"pg_catalog"}
{"kind":"table","identity":"public.item"}
{"kind":"column","identity":"public.item.id","type":"integer","notNull":true,"of":"public.item"}
{"kind":"column","identity":"public.item.v","type":"text","of":"public.item"}
{"kind":"constraint","identity":"public.item.item_pkey","type":"primary key","columns":["id"],"of":"public.item"}
{"kind":"index","identity":"public.item_pkey","unique":true,"constraint":"public.item.item_pkey","method":"btree","elements":["id"],"of":"public.item"}
');
INSERT INTO migrator.catalogs VALUES ('c2:95a0277061cc927456ca6bae96a8ab259ba7b784da7b3415f00a323c1fff828a', '2026-11-26 18:13:25.989484+00', '{"catalog":1,"fingerprint":"c2:95a0277061cc927456ca6bae96a8ab259ba7b784da7b3415f00a323c1fff828a"}
{"kind":"schema","identity":"public","grants":["PUBLIC: USAGE"],"comment":"standard public schema"}
{"kind":"extension","identity":"plpgsql","schema":"pg_catalog"}
{"kind":"table","identity":"public.item"}
{"kind":"column","identity":"public.item.id","type":"integer","notNull":true,"of":"public.item"}
{"kind":"column","identity":"public.item.n","type":"integer","of":"public.item"}
{"kind":"column","identity":"public.item.v","type":"text","of":"public.item"}
{"kind":"constraint","identity":"public.item.item_pkey","type":"primary key","columns":["id"],"of":"public.item"}
{"kind":"index","identity":"public.item_pkey","unique":true,"constraint":"public.item.item_pkey","method":"btree","elements":["id"],"of":"public.item"}
{"kind":"index","identity":"public.item_v","method":"btree","elements":["v"],"of":"public.item"}
');
INSERT INTO migrator.catalogs VALUES ('c2:7e5c2ab8dacde4f1e6156dcb5f9abe005474825afc07b65cf1be916d90a28130', '2026-11-26 18:13:27.737171+00', '{"catalog":1,"fingerprint":"c2:7e5c2ab8dacde4f1e6156dcb5f9abe005474825afc07b65cf1be916d90a28130"}
{"kind":"schema","identity":"public","grants":["PUBLIC: USAGE"],"comment":"standard public schema"}
{"kind":"extension","identity":"plpgsql","schema":"pg_catalog"}
{"kind":"table","identity":"public.item"}
{"kind":"column","identity":"public.item.id","type":"integer","notNull":true,"of":"public.item"}
{"kind":"column","identity":"public.item.v","type":"text","of":"public.item"}
{"kind":"constraint","identity":"public.item.item_pkey","type":"primary key","columns":["id"],"of":"public.item"}
{"kind":"index","identity":"public.item_pkey","unique":true,"constraint":"public.item.item_pkey","method":"btree","elements":["id"],"of":"public.item"}
{"kind":"index","identity":"public.item_v","method":"btree","elements":["v"],"of":"public.item"}
');
INSERT INTO migrator.catalogs VALUES ('c2:7fda47478df1c528313a51ddddae974b59af0074850373679cd0d4d0e868dca6', '2026-11-26 18:13:31.47316+00', '{"catalog":1,"fingerprint":"c2:7fda47478df1c528313a51ddddae974b59af0074850373679cd0d4d0e868dca6"}
{"kind":"schema","identity":"public","grants":["PUBLIC: USAGE"],"comment":"standard public schema"}
{"kind":"extension","identity":"plpgsql","schema":"pg_catalog"}
{"kind":"table","identity":"public.by_hand"}
{"kind":"table","identity":"public.item"}
{"kind":"table","identity":"public.later"}
{"kind":"column","identity":"public.by_hand.n","type":"integer","of":"public.by_hand"}
{"kind":"column","identity":"public.item.id","type":"integer","notNull":true,"of":"public.item"}
{"kind":"column","identity":"public.item.n","type":"integer","of":"public.item"}
{"kind":"column","identity":"public.item.v","type":"text","of":"public.item"}
{"kind":"column","identity":"public.later.id","type":"integer","of":"public.later"}
{"kind":"constraint","identity":"public.item.item_pkey","type":"primary key","columns":["id"],"of":"public.item"}
{"kind":"index","identity":"public.item_pkey","unique":true,"constraint":"public.item.item_pkey","method":"btree","elements":["id"],"of":"public.item"}
{"kind":"index","identity":"public.item_v","method":"btree","elements":["v"],"of":"public.item"}
');
INSERT INTO migrator.catalogs VALUES ('c2:c15edd7c0855347515f464dd661761a8ca4a5f5c19d6756e57d3d1881441090f', '2026-11-26 18:13:34.476465+00', '{"catalog":1,"fingerprint":"c2:c15edd7c0855347515f464dd661761a8ca4a5f5c19d6756e57d3d1881441090f"}
{"kind":"schema","identity":"public","grants":["PUBLIC: USAGE"],"comment":"standard public schema"}
{"kind":"extension","identity":"plpgsql","schema":"pg_catalog"}
{"kind":"table","identity":"public.by_hand"}
{"kind":"table","identity":"public.item"}
{"kind":"column","identity":"public.by_hand.n","type":"integer","of":"public.by_hand"}
{"kind":"column","identity":"public.item.id","type":"integer","notNull":true,"of":"public.item"}
{"kind":"column","identity":"public.item.v","type":"text","of":"public.item"}
{"kind":"constraint","identity":"public.item.item_pkey","type":"primary key","columns":["id"],"of":"public.item"}
{"kind":"index","identity":"public.item_pkey","unique":true,"constraint":"public.item.item_pkey","method":"btree","elements":["id"],"of":"public.item"}
{"kind":"index","identity":"public.item_v","method":"btree","elements":["v"],"of":"public.item"}
');
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (1, '2026-11-26 18:13:22.499148+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'started', 'M1', 'up', 'expand', 1, 1, 'transaction', false, 'v1:b3996b3c28c9095294b6a7e8a8e12211471680d3b28b9920c7846c57ce04b980', '[{"sql": "create table item (id int primary key, v text)", "checksum": "v1:3b252e5fc014ba68e6db4c024972cdc3b5fb80776683350bd8fb00612a8eb6d3", "position": 0}, {"sql": "insert into item values (1, ''one''), (2, ''two'')", "checksum": "v1:49e608585991b58371fc5cacf65726e94ec38113350ca77b961c4dbc00e2ee97", "position": 1}]', '{"up": {"kind": "sql", "statements": ["create table item (id int primary key, v text)", "insert into item values (1, ''one''), (2, ''two'')"]}, "down": {"kind": "sql", "statements": ["drop table item"]}, "downRequires": [], "transactional": true}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (2, '2026-11-26 18:13:22.56772+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'done', 'M1', 'up', 'expand', 1, 1, 'transaction', true, 'v1:b3996b3c28c9095294b6a7e8a8e12211471680d3b28b9920c7846c57ce04b980', '[{"sql": "create table item (id int primary key, v text)", "checksum": "v1:3b252e5fc014ba68e6db4c024972cdc3b5fb80776683350bd8fb00612a8eb6d3", "position": 0}, {"sql": "insert into item values (1, ''one''), (2, ''two'')", "checksum": "v1:49e608585991b58371fc5cacf65726e94ec38113350ca77b961c4dbc00e2ee97", "position": 1}]', NULL, 54, 1, 1, 2, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (3, '2026-11-26 18:13:23.579622+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'catalog', 'M1', NULL, NULL, NULL, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'c2:b8a836c568f7af6f1be27e8c39fb8e14d9aa1159cc99a73a5cfa437d5e793592', '{"marker": "eace013c175bcef845aec79092e7bc2e", "theirs": []}', '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (4, '2026-11-26 18:13:24.259774+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'forgotten', 'M1', 'down', NULL, NULL, NULL, NULL, true, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (5, '2026-11-26 18:13:24.481204+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'started', 'M1', 'up', 'expand', 1, 1, 'transaction', false, 'v1:b3996b3c28c9095294b6a7e8a8e12211471680d3b28b9920c7846c57ce04b980', '[{"sql": "create table item (id int primary key, v text)", "checksum": "v1:3b252e5fc014ba68e6db4c024972cdc3b5fb80776683350bd8fb00612a8eb6d3", "position": 0}, {"sql": "insert into item values (1, ''one''), (2, ''two'')", "checksum": "v1:49e608585991b58371fc5cacf65726e94ec38113350ca77b961c4dbc00e2ee97", "position": 1}]', '{"up": {"kind": "sql", "statements": ["create table item (id int primary key, v text)", "insert into item values (1, ''one''), (2, ''two'')"]}, "down": {"kind": "sql", "statements": ["drop table item"]}, "downRequires": [], "transactional": true}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (6, '2026-11-26 18:13:24.592884+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'done', 'M1', 'up', 'expand', 1, 1, 'transaction', true, 'v1:b3996b3c28c9095294b6a7e8a8e12211471680d3b28b9920c7846c57ce04b980', '[{"sql": "create table item (id int primary key, v text)", "checksum": "v1:3b252e5fc014ba68e6db4c024972cdc3b5fb80776683350bd8fb00612a8eb6d3", "position": 0}, {"sql": "insert into item values (1, ''one''), (2, ''two'')", "checksum": "v1:49e608585991b58371fc5cacf65726e94ec38113350ca77b961c4dbc00e2ee97", "position": 1}]', NULL, 94, 0, 1, 2, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (7, '2026-11-26 18:13:24.645153+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'started', 'M2', 'up', 'expand', 1, 1, 'outside', false, 'v1:b972c8ec65002e2544a188779ce6c09cb3c7821fb2da1e6dc336b07ba740e6a5', '[{"sql": "create index concurrently item_v on item (v)", "checksum": "v1:93759ec1c02c9c9ef2d550d2ccae605122f61a187e84e6d4a334907921cbcceb", "position": 0}]', '{"up": {"kind": "sql", "statements": ["create index concurrently item_v on item (v)"]}, "down": {"kind": "sql", "statements": ["drop index concurrently item_v"]}, "downRequires": [], "transactional": true}', NULL, NULL, NULL, NULL, NULL, NULL, '{"evidence": {"database": "16384", "relation": "16433", "partition": null}}', '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (8, '2026-11-26 18:13:24.845641+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'done', 'M2', 'up', 'expand', 1, 1, 'outside', true, 'v1:b972c8ec65002e2544a188779ce6c09cb3c7821fb2da1e6dc336b07ba740e6a5', '[{"sql": "create index concurrently item_v on item (v)", "checksum": "v1:93759ec1c02c9c9ef2d550d2ccae605122f61a187e84e6d4a334907921cbcceb", "position": 0}]', NULL, 192, 111, 1, 0, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (9, '2026-11-26 18:13:24.876763+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'started', 'M3', 'up', 'expand', 1, 1, 'transaction', false, 'v1:4191ab598645191e1dabb9b6e2628c90de7979e3f00ca6ac5f563cb8556b6e40', '[{"sql": "alter table item add column n int", "checksum": "v1:32c67a9492b5e68675624f7777ce8d63aef61724552bdf2b1044b80d572ebf97", "position": 0}]', '{"up": {"kind": "sql", "statements": ["alter table item add column n int"]}, "down": {"kind": "sql", "statements": ["alter table item drop column n"]}, "downRequires": [], "transactional": true}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (10, '2026-11-26 18:13:25.009608+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'done', 'M3', 'up', 'expand', 1, 1, 'transaction', true, 'v1:4191ab598645191e1dabb9b6e2628c90de7979e3f00ca6ac5f563cb8556b6e40', '[{"sql": "alter table item add column n int", "checksum": "v1:32c67a9492b5e68675624f7777ce8d63aef61724552bdf2b1044b80d572ebf97", "position": 0}]', NULL, 117, 83, 1, 0, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (11, '2026-11-26 18:13:26.001793+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'catalog', 'M3', NULL, NULL, NULL, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'c2:95a0277061cc927456ca6bae96a8ab259ba7b784da7b3415f00a323c1fff828a', '{"marker": "4aa1539031f4c934037dbced5fb00988", "theirs": []}', '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (12, '2026-11-26 18:13:26.620611+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'started', 'M3', 'down', 'expand', 1, 1, 'transaction', false, 'v1:4191ab598645191e1dabb9b6e2628c90de7979e3f00ca6ac5f563cb8556b6e40', '[{"sql": "alter table item drop column n", "checksum": "v1:a70141185e0359973073f7830561d49e36ab66306f4c5b0ea3ba47096dce37e3", "position": 0}]', '{"up": {"kind": "sql", "statements": ["alter table item add column n int"]}, "down": {"kind": "sql", "statements": ["alter table item drop column n"]}, "downRequires": [], "transactional": true}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (13, '2026-11-26 18:13:26.980638+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'archived', 'M3', 'down', NULL, 1, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, 2, 'item.n', NULL, '{"kind": "values", "rows": 2, "bytes": 16384, "entry": "1", "table": "item", "schema": "public", "columns": ["n"]}', '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (14, '2026-11-26 18:13:27.090845+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'done', 'M3', 'down', 'expand', 1, 1, 'transaction', true, 'v1:4191ab598645191e1dabb9b6e2628c90de7979e3f00ca6ac5f563cb8556b6e40', '[{"sql": "alter table item drop column n", "checksum": "v1:a70141185e0359973073f7830561d49e36ab66306f4c5b0ea3ba47096dce37e3", "position": 0}]', NULL, 461, 65, 1, 0, NULL, NULL, '{"isWhole": true}', '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (15, '2026-11-26 18:13:27.743725+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'catalog', 'M2', NULL, NULL, NULL, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'c2:7e5c2ab8dacde4f1e6156dcb5f9abe005474825afc07b65cf1be916d90a28130', '{"marker": "2dca5555e0631d3a291824440a7dfc06", "theirs": []}', '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (16, '2026-11-26 18:13:28.235796+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'started', 'M3', 'up', 'expand', 1, 1, 'transaction', false, 'v1:4191ab598645191e1dabb9b6e2628c90de7979e3f00ca6ac5f563cb8556b6e40', '[{"sql": "alter table item add column n int", "checksum": "v1:32c67a9492b5e68675624f7777ce8d63aef61724552bdf2b1044b80d572ebf97", "position": 0}]', '{"up": {"kind": "sql", "statements": ["alter table item add column n int"]}, "down": {"kind": "sql", "statements": ["alter table item drop column n"]}, "downRequires": [], "transactional": true}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (17, '2026-11-26 18:13:28.636221+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'given-back', 'M3', 'up', NULL, NULL, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, 2, 'item.n', NULL, '{"left": 0, "entry": "1", "given": 2, "object": "item.n"}', '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (18, '2026-11-26 18:13:28.686342+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'done', 'M3', 'up', 'expand', 1, 1, 'transaction', true, 'v1:4191ab598645191e1dabb9b6e2628c90de7979e3f00ca6ac5f563cb8556b6e40', '[{"sql": "alter table item add column n int", "checksum": "v1:32c67a9492b5e68675624f7777ce8d63aef61724552bdf2b1044b80d572ebf97", "position": 0}]', NULL, 423, 72, 1, 0, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (19, '2026-11-26 18:13:29.677451+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'catalog', 'M3', NULL, NULL, NULL, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'c2:95a0277061cc927456ca6bae96a8ab259ba7b784da7b3415f00a323c1fff828a', '{"marker": "4e3a03ce3c8b268e270da9c11fb55905", "theirs": []}', '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (20, '2026-11-26 18:13:29.812079+00', '20810ac1-a8eb-4d47-a16a-ce7437193889', 'started', 'M4', 'up', NULL, 1, 1, 'outside', false, NULL, '[{"sql": "vacuum", "checksum": "", "position": 0}]', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', '', NULL, NULL, NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (21, '2026-11-26 18:13:30.082201+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'settled', 'M4', 'up', NULL, 1, 1, 'outside', false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'did not take effect', NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (22, '2026-11-26 18:13:30.646072+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'started', 'M4', 'up', 'expand', 1, 1, 'transaction', false, 'v1:e3f385e97ab3335f6ea7b936688a5701c23a7b8cfaf8a2733c83b9c67973dd22', '[{"sql": "create table later (id int)", "checksum": "v1:33c3427fd40dd29268b41681b1913812e7c639ede9a4b6252c66c87f64f5e2b3", "position": 0}, {"sql": "insert into later values (7)", "checksum": "v1:5c457f6f34f16c80b09df74f49e5262ea256fae7cc78607caeb17e17ac1403c2", "position": 1}]', '{"up": {"kind": "sql", "statements": ["create table later (id int)", "insert into later values (7)"]}, "down": {"kind": "sql", "statements": ["drop table later"]}, "downRequires": [], "transactional": true}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (23, '2026-11-26 18:13:30.703373+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'done', 'M4', 'up', 'expand', 1, 1, 'transaction', true, 'v1:e3f385e97ab3335f6ea7b936688a5701c23a7b8cfaf8a2733c83b9c67973dd22', '[{"sql": "create table later (id int)", "checksum": "v1:33c3427fd40dd29268b41681b1913812e7c639ede9a4b6252c66c87f64f5e2b3", "position": 0}, {"sql": "insert into later values (7)", "checksum": "v1:5c457f6f34f16c80b09df74f49e5262ea256fae7cc78607caeb17e17ac1403c2", "position": 1}]', NULL, 46, 0, 1, 1, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (24, '2026-11-26 18:13:31.483756+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'catalog', 'M4', NULL, NULL, NULL, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'c2:7fda47478df1c528313a51ddddae974b59af0074850373679cd0d4d0e868dca6', '{"marker": "74ffe0627aedc405396719fe476f7c27", "theirs": []}', '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (25, '2026-11-26 18:13:32.213987+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'started', 'M4', 'down', 'expand', 1, 1, 'transaction', false, 'v1:e3f385e97ab3335f6ea7b936688a5701c23a7b8cfaf8a2733c83b9c67973dd22', '[{"sql": "drop table later", "checksum": "v1:1550c0717bf1d1f5ef3dcd672378a57d04dabb2c567b6374850f562d0fcba0cf", "position": 0}]', '{"up": {"kind": "sql", "statements": ["create table later (id int)", "insert into later values (7)"]}, "down": {"kind": "sql", "statements": ["drop table later"]}, "downRequires": [], "transactional": true}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (26, '2026-11-26 18:13:32.802949+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'archived', 'M4', 'down', NULL, 1, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, 1, 'later', NULL, '{"kind": "table", "rows": 1, "bytes": 8192, "entry": "2", "table": "later", "schema": "public", "columns": []}', '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (27, '2026-11-26 18:13:32.982949+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'done', 'M4', 'down', 'expand', 1, 1, 'transaction', true, 'v1:e3f385e97ab3335f6ea7b936688a5701c23a7b8cfaf8a2733c83b9c67973dd22', '[{"sql": "drop table later", "checksum": "v1:1550c0717bf1d1f5ef3dcd672378a57d04dabb2c567b6374850f562d0fcba0cf", "position": 0}]', NULL, 759, 110, 1, 0, NULL, NULL, '{"isWhole": true}', '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (28, '2026-11-26 18:13:33.03263+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'started', 'M3', 'down', 'expand', 1, 1, 'transaction', false, 'v1:4191ab598645191e1dabb9b6e2628c90de7979e3f00ca6ac5f563cb8556b6e40', '[{"sql": "alter table item drop column n", "checksum": "v1:a70141185e0359973073f7830561d49e36ab66306f4c5b0ea3ba47096dce37e3", "position": 0}]', '{"up": {"kind": "sql", "statements": ["alter table item add column n int"]}, "down": {"kind": "sql", "statements": ["alter table item drop column n"]}, "downRequires": [], "transactional": true}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (29, '2026-11-26 18:13:33.448694+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'archived', 'M3', 'down', NULL, 1, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, 2, 'item.n', NULL, '{"kind": "values", "rows": 2, "bytes": 16384, "entry": "3", "table": "item", "schema": "public", "columns": ["n"]}', '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (30, '2026-11-26 18:13:33.603969+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'done', 'M3', 'down', 'expand', 1, 1, 'transaction', true, 'v1:4191ab598645191e1dabb9b6e2628c90de7979e3f00ca6ac5f563cb8556b6e40', '[{"sql": "alter table item drop column n", "checksum": "v1:a70141185e0359973073f7830561d49e36ab66306f4c5b0ea3ba47096dce37e3", "position": 0}]', NULL, 563, 90, 1, 0, NULL, NULL, '{"isWhole": true}', '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (31, '2026-11-26 18:13:34.485572+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', 'catalog', 'M2', NULL, NULL, NULL, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'c2:c15edd7c0855347515f464dd661761a8ca4a5f5c19d6756e57d3d1881441090f', '{"marker": "77ff4228d1615230f32819fafb6cfbd8", "theirs": []}', '"public"."mikro_orm_migrations"', 'postgres', 'migrator', 'vm', '0.1.0', NULL);
INSERT INTO migrator.journal OVERRIDING SYSTEM VALUE VALUES (32, '2026-11-26 18:13:34.645031+00', 'ea24fde6-f746-46cf-87b4-629f5348e5b9', 'started', 'M3', 'up', NULL, 1, 1, 'transaction', false, NULL, '[{"sql": "alter table item add column n int", "checksum": "", "position": 0}]', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '"public"."mikro_orm_migrations"', 'postgres', '', NULL, NULL, NULL);
INSERT INTO migrator_archive.e2 VALUES (7);
INSERT INTO migrator_archive.e3 VALUES ('1', '16433 (0,7)', '100', '759', true);
INSERT INTO migrator_archive.e3 VALUES ('2', '16433 (0,8)', '200', '759', true);
INSERT INTO migrator_archive.entries OVERRIDING SYSTEM VALUE VALUES (2, '2026-11-26 18:13:32.792719+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', '"public"."mikro_orm_migrations"', 'M4', 'table', 'public', 'later', '{}', '{}', '{}', '{e2}', 1, 8192, NULL, '{"table": "16461", "isWhole": true, "checksum": "v1:e3f385e97ab3335f6ea7b936688a5701c23a7b8cfaf8a2733c83b9c67973dd22", "direction": "down"}');
INSERT INTO migrator_archive.entries OVERRIDING SYSTEM VALUE VALUES (3, '2026-11-26 18:13:33.437906+00', '9306ff3a-0668-46c2-9fb4-559987a4c567', '"public"."mikro_orm_migrations"', 'M3', 'values', 'public', 'item', '{n}', '{id}', '{}', '{e3}', 2, 16384, NULL, '{"table": "16433", "types": ["integer"], "newest": 4, "numbers": [4], "checksum": "v1:4191ab598645191e1dabb9b6e2628c90de7979e3f00ca6ac5f563cb8556b6e40", "direction": "down"}');
INSERT INTO public.item VALUES (1, 'one');
INSERT INTO public.item VALUES (2, 'two');
INSERT INTO public.mikro_orm_migrations VALUES (1, 'M1', '2026-11-26 18:13:24.512463+00');
INSERT INTO public.mikro_orm_migrations VALUES (2, 'M2', '2026-11-26 18:13:24.826837+00');
SELECT pg_catalog.setval('migrator.journal_id_seq', 32, true);
SELECT pg_catalog.setval('migrator_archive.entries_id_seq', 3, true);
SELECT pg_catalog.setval('public.mikro_orm_migrations_id_seq', 5, true);
ALTER TABLE ONLY migrator.catalogs
    ADD CONSTRAINT catalogs_pkey PRIMARY KEY (fingerprint);
ALTER TABLE ONLY migrator.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (id);
ALTER TABLE ONLY migrator_archive.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.item
    ADD CONSTRAINT item_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.mikro_orm_migrations
    ADD CONSTRAINT mikro_orm_migrations_pkey PRIMARY KEY (id);
CREATE INDEX journal_migration_id ON migrator.journal USING btree (migration, id);
CREATE INDEX item_v ON public.item USING btree (v);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON migrator.journal FOR EACH STATEMENT EXECUTE FUNCTION migrator.refuse_change();
