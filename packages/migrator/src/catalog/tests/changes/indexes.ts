import { remade, type Change } from './change.ts'

const JOB = 'create table job (id int, name text, n int, data jsonb, ip inet)'

function index(name: string, from: string, to: string, differs: string): Change {
  const sql = {
    given: JOB,
    drop: 'drop index i',
    from: `create ${from.replace(' on ', ' i on ')}`,
    to: `create ${to.replace(' on ', ' i on ')}`,
  }
  return remade(name, sql, `changed index $.i: ${differs}`)
}

export const indexes: Change[] = [
  {
    name: 'index added',
    given: JOB,
    change: 'create index on job (name)',
    revert: 'drop index job_name_idx',
    differs: ['extra index $.job_name_idx'],
  },
  {
    name: 'index dropped',
    given: `${JOB}; create index on job (name)`,
    change: 'drop index job_name_idx',
    revert: 'create index on job (name)',
    differs: ['missing index $.job_name_idx'],
  },
  {
    name: 'index renamed',
    given: `${JOB}; create index by_name on job (name)`,
    change: 'alter index by_name rename to name_index',
    revert: 'alter index name_index rename to by_name',
    differs: ['extra index $.name_index = $.by_name', 'missing index $.by_name = $.name_index'],
  },
  index('index unique', 'index on job (name)', 'unique index on job (name)', 'unique'),
  index(
    'index nulls not distinct',
    'unique index on job (name)',
    'unique index on job (name) nulls not distinct',
    'nullsNotDistinct',
  ),
  index('index column', 'index on job (name)', 'index on job (n)', 'elements'),
  index(
    'index columns in another order',
    'index on job (name, n)',
    'index on job (n, name)',
    'elements',
  ),
  index('index expression', 'index on job (lower(name))', 'index on job (upper(name))', 'elements'),
  index(
    'index expression constant',
    'index on job ((n + 1))',
    'index on job ((n + 2))',
    'elements',
  ),
  index(
    'index operator class',
    'index on job (name)',
    'index on job (name text_pattern_ops)',
    'elements',
  ),
  index(
    'index default operator class of a coercible type',
    'index on job (id)',
    'index on job (id oid_ops)',
    'elements',
  ),
  index(
    'index gin operator class',
    'index on job using gin (data)',
    'index on job using gin (data jsonb_path_ops)',
    'elements',
  ),
  index(
    'index operator class of an extension',
    'index on job using gist (ip inet_ops)',
    'index on job using gist (ip public.gist_inet_ops)',
    'elements',
  ),
  index(
    'index operator class option',
    'index on job using gist (name public.gist_trgm_ops)',
    'index on job using gist (name public.gist_trgm_ops (siglen = 32))',
    'elements',
  ),
  index('index descending', 'index on job (name)', 'index on job (name desc)', 'elements'),
  index('index nulls first', 'index on job (name)', 'index on job (name nulls first)', 'elements'),
  index(
    'index descending nulls last',
    'index on job (name desc)',
    'index on job (name desc nulls last)',
    'elements',
  ),
  index('index collation', 'index on job (name)', 'index on job (name collate "C")', 'elements'),
  index('index includes', 'index on job (name)', 'index on job (name) include (n)', 'include'),
  index(
    'index column becomes included',
    'index on job (name, n)',
    'index on job (name) include (n)',
    'elements, include',
  ),
  index('index method', 'index on job (name)', 'index on job using hash (name)', 'method'),
  index('index partial', 'index on job (name)', 'index on job (name) where n > 0', 'predicate'),
  index(
    'index predicate',
    'index on job (name) where n > 0',
    'index on job (name) where n > 1',
    'predicate',
  ),
  {
    name: 'index storage option',
    given: `${JOB}; create index i on job (name)`,
    change: 'alter index i set (fillfactor = 50)',
    revert: 'alter index i reset (fillfactor)',
    differs: ['changed index $.i: options'],
  },
  {
    name: 'index invalid',
    given: `${JOB}; create index i on job (name)`,
    change: `update pg_index set indisvalid = false where indexrelid = 'i'::regclass`,
    revert: `update pg_index set indisvalid = true where indexrelid = 'i'::regclass`,
    differs: ['changed index $.i: invalid'],
  },
  {
    name: 'index not ready',
    given: `${JOB}; create index i on job (name)`,
    change: `update pg_index set indisready = false where indexrelid = 'i'::regclass`,
    revert: `update pg_index set indisready = true where indexrelid = 'i'::regclass`,
    differs: ['changed index $.i: notReady'],
  },
  {
    name: 'index clustered',
    given: `${JOB}; create index i on job (name)`,
    change: 'alter table job cluster on i',
    revert: 'alter table job set without cluster',
    differs: ['changed index $.i: clustered'],
  },
  {
    name: 'index statistics target',
    given: `${JOB}; create index i on job (lower(name))`,
    change: 'alter index i alter 1 set statistics 500',
    revert: 'alter index i alter 1 set statistics -1',
    differs: ['changed index $.i: statistics'],
  },
  {
    name: 'index comment',
    given: `${JOB}; create index i on job (name)`,
    change: `comment on index i is 'for the list'`,
    revert: 'comment on index i is null',
    differs: ['changed index $.i: comment'],
  },
  {
    name: 'index of a partition attached',
    given: `create table part (id int) partition by range (id);
      create table part_1 partition of part for values from (1) to (9);
      create index part_1_i on part_1 (id); create index part_i on only part (id)`,
    change: 'alter index part_i attach partition part_1_i',
    revert: `drop index part_i; create index part_1_i on part_1 (id); create index part_i on only part (id)`,
    differs: ['changed index $.part_1_i: attachedTo', 'changed index $.part_i: invalid'],
  },
  {
    name: 'index of a materialized view',
    given: 'create materialized view job as select 1 as id',
    change: 'create unique index on job (id)',
    revert: 'drop index job_id_idx',
    differs: ['extra index $.job_id_idx'],
  },
]
