/** What a change of the schema is, as it is written without a thought, and as PostgreSQL's and strong_migrations' documents have it by hand. */
export interface Change {
  readonly naive: string
  readonly byHand: readonly string[]
}

/** In batches, each of which commits: what no single statement does without holding every row at once. */
const fill = (set: string, isMissing: string) => `do $$
  declare low int := 0; high int := (select max(id) from job);
  begin
    while low <= high loop
      update job set ${set} where id > low and id <= low + 5000 and ${isMissing};
      commit;
      low := low + 5000;
    end loop;
  end $$`

export const CHANGES: Readonly<Record<string, Change>> = {
  'an index': {
    naive: 'create index i on job (a)',
    byHand: ['create index concurrently i on job (a)'],
  },
  'a unique key': {
    naive: 'alter table job add constraint u unique (code)',
    byHand: [
      'create unique index concurrently u on job (code)',
      'alter table job add constraint u unique using index u',
    ],
  },
  'NOT NULL': {
    naive: 'alter table job alter column a set not null',
    byHand: [
      'alter table job add constraint c check (a is not null) not valid',
      'alter table job validate constraint c',
      'alter table job alter column a set not null',
      'alter table job drop constraint c',
    ],
  },
  'a CHECK': {
    naive: 'alter table job add constraint c check (a >= 0)',
    byHand: [
      'alter table job add constraint c check (a >= 0) not valid',
      'alter table job validate constraint c',
    ],
  },
  'a foreign key': {
    naive: 'alter table job add constraint f foreign key (owner_id) references owner (id)',
    byHand: [
      'alter table job add constraint f foreign key (owner_id) references owner (id) not valid',
      'alter table job validate constraint f',
    ],
  },
  'a column with a default by row': {
    naive: 'alter table job add column u uuid default gen_random_uuid()',
    byHand: [
      'alter table job add column u uuid',
      'alter table job alter column u set default gen_random_uuid()',
      fill('u = gen_random_uuid()', 'u is null'),
    ],
  },
  'a type that holds the same': {
    naive: 'alter table job alter column code type varchar(60)',
    byHand: ['alter table job alter column code type varchar(60)'],
  },
  'a column that goes': {
    naive: 'alter table job drop column b',
    byHand: ['alter table job drop column b'],
  },
  'another name': {
    naive: 'alter table job rename column b to c',
    byHand: ['alter table job rename column b to c'],
  },
  'another type': {
    naive: 'alter table job alter column a type bigint',
    byHand: [
      'alter table job add column a_new bigint',
      'create function copy_a() returns trigger language plpgsql as $$ begin new.a_new := new.a; return new; end $$',
      'create trigger copy_a before insert or update on job for each row execute function copy_a()',
      fill('a_new = a', 'a_new is null'),
      'begin; drop trigger copy_a on job; drop function copy_a(); alter table job drop column a; alter table job rename column a_new to a; commit',
    ],
  },
}
