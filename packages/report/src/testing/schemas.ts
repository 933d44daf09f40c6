/** Names with a control character that XML cannot have, and with what would end a line. */
const [BELL, OTHER, LINES] = ['"bell\u0007"', '"bell\u0001"', '"two\nlines\ttab"']

/** Schemas that a picture may go wrong with, each as the SQL that makes it. */
export const SCHEMAS: readonly { readonly name: string; readonly sql: string }[] = [
  {
    name: 'a small application',
    sql: `
      create type status as enum ('open', 'done', 'it''s "odd"');
      create table projects (id uuid primary key, name text not null unique, description text);
      create table sources (id uuid primary key, project_id uuid not null references projects on delete cascade,
        uri text not null, status status not null default 'open', history status[], unique (project_id, uri));
      create table profiles (id uuid primary key references sources, settings jsonb);
      create table entities (id bigint generated always as identity primary key, project_id uuid references projects on delete set null);
      create table mentions (entity_id bigint references entities, source_id uuid references sources, role text, primary key (entity_id, source_id));
      comment on table sources is 'Where it''s <from> & more';
      comment on column sources.uri is '"quoted" \\ back';
      create table limits (domain text primary key, count integer not null default 0);
      create view seen as select * from sources`,
  },
  {
    name: 'odd names',
    sql: `
      create schema "Sch.ema"; create schema "<script>alert(1)</script>";
      create type "Sch.ema"."The ""type""" as enum ('a', '<b>', 'c''d', 'back\\slash', E'line\\nbreak');
      create table "Sch.ema"."a.b" ("i""d" integer primary key, "Type" "Sch.ema"."The ""type""", "T[]" "Sch.ema"."The ""type"""[]);
      create table "Sch.ema"."a"".""b" ("order" integer references "Sch.ema"."a.b", "%%{init}%%" text, "~x~" text, "back\\slash" text, "it's" text);
      create table "<script>alert(1)</script>"."</text>&amp;" ("<b>" integer primary key, ${BELL} text, ${OTHER} text, ${LINES} text);
      create table "😀 名前" ("مرحبا" integer references "<script>alert(1)</script>"."</text>&amp;", "pk" integer, "FK" text, "uk-1" text, "1st" text, "größe" text, " " text);
      create table "direction TB" ("with space" integer unique, "שלום" integer constraint "fk %s; ""x""" references "direction TB" ("with space"));
      create table "${'x'.repeat(63)}" ("${'X'.repeat(63)}" integer primary key, "${'é'.repeat(31)}" integer references "${'x'.repeat(63)}");
      create table "Note" ("indexes" integer primary key, "Table" integer references "Note", "a\`b" text default 'a\`b');
      create table "null" ("end" text, "style" text, "class" text)`,
  },
  {
    name: 'partitions and inheritance',
    sql: `
      create table owners (id bigint primary key); create table kinds (id integer primary key);
      create table events (id bigint, at date not null, kind integer not null references kinds, primary key (id, at)) partition by range (at);
      create table events_1 partition of events for values from ('2026-01-01') to ('2026-02-01');
      create table events_2 partition of events for values from ('2026-02-01') to ('2026-03-01') partition by range (at);
      create table events_2_a partition of events_2 for values from ('2026-02-01') to ('2026-02-15');
      create table events_3 partition of events for values from ('2026-03-01') to ('2026-04-01');
      alter table events_3 add constraint of_its_own foreign key (id) references owners;
      create table notes (id integer primary key, event bigint, at date, foreign key (event, at) references events);
      create table of_one (event bigint, at date, foreign key (event, at) references events_1);
      create table base (id integer primary key); create table heir (more text) inherits (base);
      create table empty_parts (n integer) partition by hash (n)`,
  },
  {
    name: 'foreign keys of every form',
    sql: `
      create schema other;
      create table tree (id integer primary key, parent integer references tree, root integer not null references tree);
      create table a (id integer primary key, x integer, y integer, unique (x, y));
      create table b (id integer primary key, x integer not null, y integer not null, owner integer references a, maker integer not null references a,
        constraint composite foreign key (x, y) references a (x, y) on update cascade, constraint again foreign key (owner) references a);
      create unique index on b (maker);
      alter table a add b integer references b;
      create table other.c (id integer primary key references b, tree integer references tree (id) deferrable);
      create table d (id integer primary key, c integer references other.c);
      alter table other.c add d integer references d;
      create table no_columns ();
      create table alone (n integer)`,
  },
]

/** Tables with foreign keys to a few that all others refer to, and to those near them, in four schemas. */
export function makeLargeSchema(tables: number): string {
  const schemas = ['public', 'billing', 'audit', 'crm']
  const nameOf = (index: number) =>
    `${schemas[Math.floor((index * 4) / tables)]}.table_${index}_of_${WORDS[index % WORDS.length]}`
  const statements = Array.from({ length: tables }, (_, index) => {
    const targets = [index % 5, index - 1 - (index % 7), index - 1 - (index % 3)]
    const keys = targets
      .filter((target, at) => target >= 0 && target < index && (index * (at + 3)) % 5 > 1)
      .map(
        (target, at) => `ref_${at} bigint ${at > 0 ? 'not null' : ''} references ${nameOf(target)}`,
      )
    const columns = Array.from({ length: 3 + (index % 11) }, (_, at) => `${WORDS[at]} text`)
    return `create table ${nameOf(index)} (${['id bigint primary key', ...keys, ...columns].join(', ')});`
  })
  return ['create schema billing; create schema audit; create schema crm;', ...statements].join(
    '\n',
  )
}

/** Tables that each refer to up to so many of those before it. */
export function makeDenseSchema(tables: number, keys: number): string {
  return Array.from({ length: tables }, (_, index) => {
    const columns = Array.from({ length: Math.min(index, keys) }, (_unused, at) => {
      const target = (index * 7 + at * 13) % index
      return `, ref_${at} bigint references dense_${target}`
    })
    return `create table dense_${index} (id bigint primary key${columns.join('')});`
  }).join('\n')
}

const WORDS =
  'account order_line invoice product price person role session event ticket asset device plan report'.split(
    ' ',
  )
