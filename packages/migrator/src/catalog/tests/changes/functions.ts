import { remade, type Change } from './change.ts'

/** An attribute that ALTER FUNCTION changes. */
function attribute(name: string, change: string, revert: string, differs: string): Change {
  return {
    name,
    given: `create function f(a int default 1) returns setof int language sql as 'select a'`,
    change: `alter function f ${change}`,
    revert: `alter function f ${revert}`,
    differs: [`changed function $.f(integer): ${differs}`],
  }
}

function routine(name: string, from: string, to: string, differs: string, arguments_ = ''): Change {
  const sql = { drop: 'drop routine f', from: `create ${from}`, to: `create ${to}` }
  return remade(name, sql, `changed function $.f(${arguments_}): ${differs}`)
}

const TRIGGERED = `create table job (id int, name text, n int); create table job_2 (id int);
  create function f() returns trigger language plpgsql as 'begin return new; end';
  create function g() returns trigger language plpgsql as 'begin return new; end'`

function trigger(name: string, from: string, to: string): Change {
  const sql = {
    given: TRIGGERED,
    drop: 'drop trigger tg on job',
    from: `create ${from.replace('trigger', 'trigger tg')}`,
    to: `create ${to.replace('trigger', 'trigger tg')}`,
  }
  return remade(name, sql, 'changed trigger $.job.tg: definition')
}

const EACH_ROW = 'trigger before update on job for each row execute function f()'

function enabled(name: string, how: string): Change {
  return {
    name,
    given: `${TRIGGERED}; create ${EACH_ROW.replace('trigger', 'trigger tg')}`,
    change: `alter table job ${how} trigger tg`,
    revert: 'alter table job enable trigger tg',
    differs: ['changed trigger $.job.tg: enabled'],
  }
}

export const functions: Change[] = [
  {
    name: 'function added',
    change: `create function f() returns int language sql as 'select 1'`,
    revert: 'drop function f',
    differs: ['extra function $.f()'],
  },
  {
    name: 'function renamed',
    given: `create function f() returns int language sql as 'select 1'`,
    change: 'alter function f rename to g',
    revert: 'alter function g rename to f',
    differs: ['extra function $.g() = $.f()', 'missing function $.f() = $.g()'],
  },
  {
    name: 'function overloaded',
    given: `create function f(a int) returns int language sql as 'select 1'`,
    change: `create function f(a text) returns int language sql as 'select 1'`,
    revert: 'drop function f(text)',
    differs: ['extra function $.f(text)'],
  },
  routine(
    'function body',
    `function f() returns int language sql as 'select 1'`,
    `function f() returns int language sql as 'select  1'`,
    'body',
  ),
  routine(
    'function parsed body',
    'function f() returns int language sql return 1',
    'function f() returns int language sql return 2',
    'parsedBody',
  ),
  routine(
    'function body becomes parsed',
    `function f() returns int language sql as 'select 1'`,
    'function f() returns int language sql return 1',
    'body, parsedBody',
  ),
  routine(
    'function language',
    `function f() returns int language sql as 'select 1'`,
    `function f() returns int language plpgsql as 'begin return 1; end'`,
    'language, body',
  ),
  routine(
    'function result',
    `function f() returns int language sql as 'select 1'`,
    `function f() returns bigint language sql as 'select 1'`,
    'returns',
  ),
  routine(
    'function returns a set',
    `function f() returns int language sql as 'select 1'`,
    `function f() returns setof int language sql as 'select 1'`,
    'returns',
  ),
  routine(
    'function argument default',
    `function f(a int default 1) returns int language sql as 'select 1'`,
    `function f(a int default 2) returns int language sql as 'select 1'`,
    'arguments',
    'integer',
  ),
  routine(
    'function argument name',
    `function f(a int) returns int language sql as 'select 1'`,
    `function f(b int) returns int language sql as 'select 1'`,
    'arguments',
    'integer',
  ),
  routine(
    'function argument mode',
    `function f(a int[]) returns int language sql as 'select 1'`,
    `function f(variadic a int[]) returns int language sql as 'select 1'`,
    'arguments',
    'integer[]',
  ),
  routine(
    'function becomes a procedure',
    `function f() returns void language sql as 'select 1'`,
    `procedure f() language sql as 'select 1'`,
    'routine, returns',
  ),
  routine(
    'aggregate initial state',
    `aggregate f(int) (sfunc = int4pl, stype = int, initcond = '0')`,
    `aggregate f(int) (sfunc = int4pl, stype = int, initcond = '1')`,
    'aggregate',
    'integer',
  ),
  routine(
    'function library',
    `function f(int) returns int language internal as 'int4abs'`,
    `function f(int) returns int language internal as 'int4um'`,
    'body',
    'integer',
  ),
  attribute('function volatility', 'stable', 'volatile', 'volatility'),
  attribute('function strict', 'strict', 'called on null input', 'strict'),
  attribute('function leakproof', 'leakproof', 'not leakproof', 'leakproof'),
  attribute('function security definer', 'security definer', 'security invoker', 'securityDefiner'),
  attribute('function parallel', 'parallel safe', 'parallel unsafe', 'parallel'),
  attribute('function cost', 'cost 7', 'cost 100', 'cost'),
  attribute('function rows', 'rows 7', 'rows 1000', 'rows'),
  attribute('function setting', 'set search_path = pg_catalog', 'reset search_path', 'settings'),
  attribute('function owner', 'owner to pg_monitor', 'owner to current_user', 'owner'),
  routine(
    'function support',
    `function f() returns setof int language sql as 'select 1'`,
    `function f() returns setof int language sql support generate_series_int4_support as 'select 1'`,
    'support',
  ),
  routine(
    'function in a library',
    `function f() returns void language c as '$libdir/plpgsql', 'plpgsql_validator'`,
    `function f() returns void language c as 'plpgsql', 'plpgsql_validator'`,
    'library',
  ),
  {
    ...routine(
      'function transforms',
      `function f(mood) returns int language plpgsql as 'begin return 1; end'`,
      `function f(mood) returns int transform for type mood language plpgsql as 'begin return 1; end'`,
      'transforms',
      '$.mood',
    ),
    given: `create type mood as enum ('good');
      create function t(internal) returns internal language internal immutable as 'textlike_support';
      create transform for mood language plpgsql (from sql with function t(internal));
      create function f(mood) returns int language plpgsql as 'begin return 1; end'`,
  },
  {
    name: 'function revoked',
    given: `create function f() returns int language sql as 'select 1'`,
    change: 'revoke execute on function f from public',
    revert: 'grant execute on function f to public',
    differs: ['changed function $.f(): grants'],
  },
  {
    name: 'function comment',
    given: `create function f() returns int language sql as 'select 1'`,
    change: `comment on function f is 'one'`,
    revert: 'comment on function f is null',
    differs: ['changed function $.f(): comment'],
  },
  {
    name: 'trigger added',
    given: TRIGGERED,
    change: 'create trigger tg before update on job for each row execute function f()',
    revert: 'drop trigger tg on job',
    differs: ['extra trigger $.job.tg'],
  },
  {
    name: 'trigger renamed',
    given: `${TRIGGERED}; create trigger tg before update on job for each row execute function f()`,
    change: 'alter trigger tg on job rename to th',
    revert: 'alter trigger th on job rename to tg',
    differs: ['extra trigger $.job.th = $.job.tg', 'missing trigger $.job.tg = $.job.th'],
  },
  trigger('trigger timing', EACH_ROW, EACH_ROW.replace('before', 'after')),
  trigger('trigger event', EACH_ROW, EACH_ROW.replace('update', 'insert or update')),
  trigger('trigger columns', EACH_ROW, EACH_ROW.replace('update', 'update of name')),
  trigger('trigger level', EACH_ROW, EACH_ROW.replace('each row', 'each statement')),
  trigger('trigger function', EACH_ROW, EACH_ROW.replace('f()', 'g()')),
  trigger('trigger argument', EACH_ROW, EACH_ROW.replace('f()', `f('x')`)),
  trigger(
    'trigger condition',
    EACH_ROW.replace('row', 'row when (old.n > 0)'),
    EACH_ROW.replace('row', 'row when (old.n > 1)'),
  ),
  trigger(
    'trigger transition table',
    'trigger after update on job for each statement execute function f()',
    `trigger after update on job referencing old table as before
      for each statement execute function f()`,
  ),
  trigger(
    'constraint trigger deferred',
    'constraint trigger after update on job for each row execute function f()',
    `constraint trigger after update on job deferrable initially deferred
      for each row execute function f()`,
  ),
  enabled('trigger disabled', 'disable'),
  enabled('trigger on replica', 'enable replica'),
  enabled('trigger always', 'enable always'),
  {
    name: 'trigger disabled on one partition',
    given: `${TRIGGERED}; create table part (id int) partition by list (id);
      create table part_1 partition of part for values in (1);
      create trigger tg after insert on part for each row execute function f()`,
    change: 'alter table part_1 disable trigger tg',
    revert: 'alter table part_1 enable trigger tg',
    differs: ['extra trigger $.part_1.tg'],
  },
  {
    name: 'trigger comment',
    given: `${TRIGGERED}; create trigger tg before update on job for each row execute function f()`,
    change: `comment on trigger tg on job is 'changed'`,
    revert: 'comment on trigger tg on job is null',
    differs: ['changed trigger $.job.tg: comment'],
  },
]
