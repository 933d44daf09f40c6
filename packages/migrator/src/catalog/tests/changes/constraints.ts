import { remade, type Change } from './change.ts'

const JOB = 'create table job (id int not null, kind text, n int, m int)'
const KEYED = 'create table job (id int constraint job_pkey primary key, kind text, n int)'
const PARENT = 'create table parent (id int primary key, other int unique)'
const CHILD = `${PARENT}; create table child (parent_id int, n int)`

const FOREIGN_KEY = `alter table child add constraint child_fkey
  foreign key (parent_id) references parent (id)`
const DROP_FOREIGN_KEY = 'alter table child drop constraint child_fkey'

function foreignKeyOption(name: string, option: string, differs: string): Change {
  const to = `${FOREIGN_KEY} ${option}`
  const sql = { given: CHILD, drop: DROP_FOREIGN_KEY, from: FOREIGN_KEY, to }
  return remade(name, sql, `changed constraint $.child.child_fkey: ${differs}`)
}

function check(name: string, from: string, to: string, differs: string): Change {
  const add = 'alter table job add constraint job_check check'
  const drop = 'alter table job drop constraint job_check'
  const sql = { given: JOB, drop, from: `${add} ${from}`, to: `${add} ${to}` }
  return remade(name, sql, `changed constraint $.job.job_check: ${differs}`)
}

export const constraints: Change[] = [
  {
    name: 'primary key added',
    given: JOB,
    change: 'alter table job add primary key (id)',
    revert: 'alter table job drop constraint job_pkey',
    differs: ['extra constraint $.job.job_pkey'],
  },
  {
    name: 'primary key renamed',
    given: KEYED,
    change: 'alter table job rename constraint job_pkey to pk_job',
    revert: 'alter table job rename constraint pk_job to job_pkey',
    differs: [
      'extra constraint $.job.pk_job = $.job.job_pkey',
      'missing constraint $.job.job_pkey = $.job.pk_job',
    ],
  },
  {
    name: 'primary key in another order',
    given: 'create table job (id int, n int, primary key (id, n))',
    change: 'alter table job drop constraint job_pkey; alter table job add primary key (n, id)',
    revert: 'alter table job drop constraint job_pkey; alter table job add primary key (id, n)',
    differs: ['changed constraint $.job.job_pkey: columns', 'changed index $.job_pkey: elements'],
  },
  {
    name: 'unique added',
    given: JOB,
    change: 'alter table job add unique (kind)',
    revert: 'alter table job drop constraint job_kind_key',
    differs: ['extra constraint $.job.job_kind_key'],
  },
  {
    name: 'unique dropped',
    given: `${JOB}; alter table job add unique (kind)`,
    change: 'alter table job drop constraint job_kind_key',
    revert: 'alter table job add unique (kind)',
    differs: ['missing constraint $.job.job_kind_key'],
  },
  {
    name: 'unique nulls not distinct',
    given: `${JOB}; alter table job add unique (kind)`,
    change: `alter table job drop constraint job_kind_key; alter table job add unique nulls not distinct (kind)`,
    revert: 'alter table job drop constraint job_kind_key; alter table job add unique (kind)',
    differs: ['changed index $.job_kind_key: nullsNotDistinct'],
  },
  {
    name: 'unique includes',
    given: `${JOB}; alter table job add constraint u unique (kind)`,
    change:
      'alter table job drop constraint u; alter table job add constraint u unique (kind) include (n)',
    revert: 'alter table job drop constraint u; alter table job add constraint u unique (kind)',
    differs: ['changed index $.u: include'],
  },
  {
    name: 'unique deferrable',
    given: `${JOB}; alter table job add constraint u unique (kind)`,
    change:
      'alter table job drop constraint u; alter table job add constraint u unique (kind) deferrable',
    revert: 'alter table job drop constraint u; alter table job add constraint u unique (kind)',
    differs: ['changed constraint $.job.u: deferrable'],
  },
  {
    name: 'unique becomes a unique index',
    given: `${JOB}; alter table job add constraint u unique (kind)`,
    change: 'alter table job drop constraint u; create unique index u on job (kind)',
    revert: 'drop index u; alter table job add constraint u unique (kind)',
    differs: ['missing constraint $.job.u', 'changed index $.u: constraint'],
  },
  {
    name: 'check added',
    given: JOB,
    change: 'alter table job add check (n > 0)',
    revert: 'alter table job drop constraint job_n_check',
    differs: ['extra constraint $.job.job_n_check'],
  },
  {
    name: 'check renamed',
    given: `${JOB}; alter table job add check (n > 0)`,
    change: 'alter table job rename constraint job_n_check to positive',
    revert: 'alter table job rename constraint positive to job_n_check',
    differs: [
      'extra constraint $.job.positive = $.job.job_n_check',
      'missing constraint $.job.job_n_check = $.job.positive',
    ],
  },
  check('check constant', '(n > 0)', '(n > 1)', 'expression'),
  check('check vocabulary', `(kind in ('a', 'b'))`, `(kind in ('a', 'b', 'c'))`, 'expression'),
  check(
    'check parentheses',
    '(n = 1 and m = 1 or m = 2)',
    '(n = 1 and (m = 1 or m = 2))',
    'expression',
  ),
  check('check cast', '(n > 0)', '(n > 0::numeric)', 'expression'),
  check('check not valid', '(n > 0)', '(n > 0) not valid', 'notValid'),
  check('check no inherit', '(n > 0)', '(n > 0) no inherit', 'noInherit'),
  {
    ...check('check not enforced', '(n > 0)', '(n > 0) not enforced', 'notValid, notEnforced'),
    since: 18,
  },
  {
    name: 'check inherited and declared',
    given: `create table thing (n int constraint positive check (n > 0));
      create table job (n int, constraint positive check (n > 0))`,
    change: 'alter table job inherit thing',
    revert: 'alter table job no inherit thing',
    differs: [
      'changed table $.job: inherits',
      'changed column $.job.n: inherited',
      'changed constraint $.job.positive: inherited',
    ],
  },
  {
    name: 'constraint comment',
    given: `${JOB}; alter table job add check (n > 0)`,
    change: `comment on constraint job_n_check on job is 'positive'`,
    revert: 'comment on constraint job_n_check on job is null',
    differs: ['changed constraint $.job.job_n_check: comment'],
  },
  {
    name: 'not null comment',
    given: 'create table job (id int constraint named not null)',
    change: `comment on constraint named on job is 'needed'`,
    revert: 'comment on constraint named on job is null',
    differs: ['extra comment table constraint named on $.job'],
    since: 18,
  },
  {
    name: 'foreign key added',
    given: CHILD,
    change: FOREIGN_KEY,
    revert: DROP_FOREIGN_KEY,
    differs: ['extra constraint $.child.child_fkey'],
  },
  foreignKeyOption('foreign key on delete', 'on delete cascade', 'onDelete'),
  foreignKeyOption('foreign key on update', 'on update restrict', 'onUpdate'),
  foreignKeyOption('foreign key match full', 'match full', 'match'),
  foreignKeyOption('foreign key deferrable', 'deferrable', 'deferrable'),
  foreignKeyOption('foreign key deferred', 'deferrable initially deferred', 'deferrable'),
  foreignKeyOption('foreign key not valid', 'not valid', 'notValid'),
  {
    ...foreignKeyOption('foreign key not enforced', 'not enforced', 'notValid, notEnforced'),
    since: 18,
  },
  {
    name: 'foreign key sets some columns null',
    given: `create table parent (id int, n int, primary key (id, n)); create table child (id int, n int,
      constraint child_fkey foreign key (id, n) references parent on delete set null)`,
    change: `alter table child drop constraint child_fkey; alter table child add constraint child_fkey
      foreign key (id, n) references parent on delete set null (n)`,
    revert: `alter table child drop constraint child_fkey; alter table child add constraint child_fkey
      foreign key (id, n) references parent on delete set null`,
    differs: ['changed constraint $.child.child_fkey: onDeleteColumns'],
  },
  {
    name: 'foreign key to another column',
    given: `${CHILD}; ${FOREIGN_KEY}`,
    change: `alter table child drop constraint child_fkey; alter table child add constraint child_fkey
      foreign key (parent_id) references parent (other)`,
    revert: `${DROP_FOREIGN_KEY}; ${FOREIGN_KEY}`,
    differs: ['changed constraint $.child.child_fkey: referencedColumns'],
  },
  {
    name: 'foreign key to another table',
    given: `${CHILD}; ${FOREIGN_KEY}; create table step_parent (id int primary key)`,
    change: `alter table child drop constraint child_fkey; alter table child add constraint child_fkey
      foreign key (parent_id) references step_parent (id)`,
    revert: `${DROP_FOREIGN_KEY}; ${FOREIGN_KEY}`,
    differs: ['changed constraint $.child.child_fkey: references'],
  },
  {
    name: 'foreign key of another column',
    given: `${CHILD}; ${FOREIGN_KEY}`,
    change: `alter table child drop constraint child_fkey; alter table child add constraint child_fkey
      foreign key (n) references parent (id)`,
    revert: `${DROP_FOREIGN_KEY}; ${FOREIGN_KEY}`,
    differs: ['changed constraint $.child.child_fkey: columns'],
  },
  {
    name: 'foreign key triggers disabled',
    given: `${CHILD}; ${FOREIGN_KEY}`,
    change: 'alter table child disable trigger all',
    revert: 'alter table child enable trigger all',
    differs: ['changed constraint $.child.child_fkey: triggersDisabled'],
  },
  {
    name: 'foreign key triggers disabled on one partition',
    given: `${PARENT}; create table child (parent_id int references parent) partition by list (parent_id);
      create table child_1 partition of child for values in (1)`,
    change: 'alter table child_1 disable trigger all',
    revert: 'alter table child_1 enable trigger all',
    differs: ['extra constraint $.child_1.child_parent_id_fkey'],
  },
  {
    name: 'exclusion added',
    given: 'create table job (during tsrange)',
    change: 'alter table job add exclude using gist (during with &&)',
    revert: 'alter table job drop constraint job_during_excl',
    differs: ['extra constraint $.job.job_during_excl'],
  },
  {
    name: 'exclusion operator',
    given: 'create table job (during tsrange, constraint x exclude using gist (during with &&))',
    change: `alter table job drop constraint x; alter table job add constraint x
      exclude using gist (during with -|-)`,
    revert: `alter table job drop constraint x; alter table job add constraint x
      exclude using gist (during with &&)`,
    differs: ['changed constraint $.job.x: operators'],
  },
  {
    name: 'exclusion predicate',
    given:
      'create table job (n int, during tsrange, constraint x exclude using gist (during with &&))',
    change: `alter table job drop constraint x; alter table job add constraint x
      exclude using gist (during with &&) where (n > 0)`,
    revert: `alter table job drop constraint x; alter table job add constraint x
      exclude using gist (during with &&)`,
    differs: ['changed index $.x: predicate'],
  },
  {
    name: 'unique without overlaps',
    given: 'create table job (id int4range, during tsrange, constraint u unique (id, during))',
    change: `alter table job drop constraint u; alter table job add constraint u
      unique (id, during without overlaps)`,
    revert:
      'alter table job drop constraint u; alter table job add constraint u unique (id, during)',
    differs: ['changed constraint $.job.u: temporal', 'changed index $.u: method'],
    since: 18,
  },
  {
    name: 'constraint type',
    given: 'create table job (n int, constraint c check (n > 0))',
    change: 'alter table job drop constraint c; alter table job add constraint c unique (n)',
    revert: 'alter table job drop constraint c; alter table job add constraint c check (n > 0)',
    differs: ['changed constraint $.job.c: type, columns, expression', 'extra index $.c'],
  },
]
