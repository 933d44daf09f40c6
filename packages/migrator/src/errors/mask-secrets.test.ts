import { describe, expect, test } from 'vitest'
import { failure } from './index.ts'
import { maskAll, maskLiterals, maskRow, maskSecrets } from './mask-secrets.ts'

const SECRET = 'hunter2'

describe('no secret is left in', () => {
  test.each([
    `create role app login password 'hunter2'`,
    `CREATE ROLE app LOGIN ENCRYPTED PASSWORD 'hunter2' VALID UNTIL '2030-01-01'`,
    `alter user app with password E'hunter2\\'s own'`,
    `alter role app password $$hunter2$$`,
    `alter role app password $pw$hunter2$pw$`,
    `alter role app password U&'hunter2'`,
    `alter role app password\n  'hunter2 it''s'`,
    `create user mapping for app server s options (user 'u', password 'hunter2')`,
    `alter user mapping for app server s options (set password 'hunter2')`,
    `create server s foreign data wrapper w options (host 'h', api_key 'hunter2')`,
    `create subscription s connection 'host=h user=u password=hunter2 dbname=d' publication p`,
    `create subscription s connection 'host=h password=''hunter2 x'' dbname=d' publication p`,
    `create subscription s connection 'postgresql://u:hunter2@h/d' publication p`,
    `create subscription s connection 'postgresql://h/d?user=u&password=hunter2&sslmode=require' publication p`,
    `alter subscription s connection 'password = hunter2 host=h'`,
    `alter system set primary_conninfo = 'host=h password=hunter2'`,
    `alter system set primary_conninfo to 'host=h password=hunter2'`,
    `select dblink_connect('c', 'host=h password=hunter2')`,
    `select dblink('postgres://u:hunter2@h:5432/d', 'select 1')`,
    `select set_config('app.secret', 'hunter2', false)`,
    `set app.jwt_secret = 'hunter2'`,
    `alter role app set "app.jwt_secret" to 'hunter2'`,
    `select configure(password => 'hunter2')`,
    `select configure(password := 'hunter2')`,
    `could not connect to postgres://u:p@ss:hunter2@h/d`,
    `connection to "host=h sslpassword=hunter2" failed`,
    ...['encryption', 'signing', 'jwt', 'master', 'server', 'account', 'hmac'].flatMap((of) => [
      `set app.${of}_key = 'hunter2'`,
      `alter database d set "app.${of}-key" to 'hunter2'`,
      `select set_config('app.${of}_key', 'hunter2', false)`,
      `create server s foreign data wrapper w options (${of}_key 'hunter2')`,
      `select '{"${of}Key": "hunter2"}'::jsonb`,
    ]),
    ...['Basic', 'Bearer', 'Token'].flatMap((scheme) => [
      `select http_post('https://h/x', headers => '{"Authorization":"${scheme} hunter2"}')`,
      `select http_post(jsonb_build_object('Authorization', '${scheme} hunter2'))`,
      `select http_header('Authorization: ${scheme} hunter2')`,
    ]),
  ])('%s', (text) => {
    expect(maskSecrets(text)).not.toContain(SECRET)
    expect(maskSecrets(text)).toContain('***')
  })
})

test.each([
  `create table account (password text not null, token uuid, secret_note text default '')`,
  `update account set password_hash = null where name = 'x'`,
  `alter table account add constraint c check (kind in ('a', 'b'))`,
  `postgres://u@h/d`,
  `see https://example.com/a:b`,
  `alter table a add primary key (id), add foreign key (b) references c; comment on table a is 'sort key'`,
  `create schema authorization bob`,
  `insert into t (a, b) values (1, 'x'), (2, 'y')`,
  `insert into t (a) select b from u where kind = 'x'`,
  `select 'x'; create index on t (a)`,
])('what holds none is left as it is: %s', (text) => {
  expect(maskSecrets(text)).toBe(text)
})

/** A row or a line of COPY names no column. */
const ROWS: readonly (readonly [string, string])[] = [
  ['Failing row contains (1, hunter2, null).', 'Failing row contains (***).'],
  ['Failing row contains (id, v) = (1, hunter2).', 'Failing row contains (***).'],
  ['Failing row contains (1, a) = (\nhunter2)).', 'Failing row contains (***).'],
  ['Key (password)=(hun\nhunter2) already exists.', 'Key (password)=(***) already exists.'],
  [
    'Partition key of the failing row contains (password) = (hunter2).',
    'Partition key of the failing row contains (password) = (***).',
  ],
  ['COPY account, line 2: "1,hunter2"', 'COPY account, line 2: "***"'],
  ['COPY account, line 2, column n: "hunter2\n"', 'COPY account, line 2, column n: "***"'],
]

test.each(ROWS)('of a row that PostgreSQL shows: %s', (said, shown) => {
  expect(maskRow(said)).toBe(shown)
})

test.each([
  [`select * from a1 where n = 'hunter2'`, `select * from a1 where n = '***'`],
  [
    `insert into "t 'x'" values (1, $$hunter2$$, 4242.5, $1)`,
    `insert into "t 'x'" values (***, '***', ***, $1)`,
  ],
  [`select 1 -- hunter2 update t set v = 'hunter2`, `select *** /* *** */`],
  [`select E'it\\'s hunter2`, `select '***'`],
])('a statement of another session shows no literal: %s', (sql, shown) => {
  expect(maskLiterals(sql)).toBe(shown)
})

test('data keeps its form', () => {
  const at = new Date(0)
  expect(maskAll({ at, n: 1, list: [`password 'x'`], none: undefined })).toEqual({
    at,
    n: 1,
    list: [`password '***'`],
    none: undefined,
  })
})

test('an error shows none, neither in its words nor in its details', () => {
  const statement = `create role app password 'hunter2'`
  const error = failure('STATEMENT_FAILED', {
    name: 'Migration1',
    segment: 1,
    reason: `no server at postgres://u:hunter2@h/d`,
    after: '',
    statement,
  })
  expect(error.message).not.toContain(SECRET)
  expect(JSON.stringify(error.details)).not.toContain(SECRET)
})

test.each([
  ['postgres://user:secret@host/db', 'postgres://user:***@host/db'],
  [
    'cannot use postgres://user:se@cr/e#t?@host:5432/db now',
    'cannot use postgres://user:***@host:5432/db now',
  ],
  ['https://a:secret@b and postgresql://c:secret@d', 'https://a:***@b and postgresql://c:***@d'],
  [`alter role app password 'secret'`, `alter role app password '***'`],
  [
    `ALTER ROLE app PASSWORD E'sec\\'ret' valid until 'x'`,
    `ALTER ROLE app PASSWORD '***' valid until 'x'`,
  ],
  [`alter role app password 'it''s secret'; select 1`, `alter role app password '***'; select 1`],
  [`alter role app password 'secret`, `alter role app password '***'`],
  [
    `create user mapping for app server s options (user 'u', password 'secret')`,
    `create user mapping for app server s options (user 'u', password '***')`,
  ],
  ['alter role app password $x$secret$x$', `alter role app password '***'`],
  [`dblink('host=h password=secret dbname=d')`, `dblink('host=h password=*** dbname=d')`],
  [
    `subscription connection 'host=h password=''secret'' user=u'`,
    `subscription connection 'host=h password=*** user=u'`,
  ],
  ['postgres://host/db?user=u&password=secret&x=1', 'postgres://host/db?user=u&password=***&x=1'],
  [`execute 'alter role a password ''secret'''`, `execute '***'`],
])('of %s', (text, shown) => {
  expect(maskSecrets(text)).toBe(shown)
})

test.each([
  'postgres://user@host/db',
  'password authentication failed for user "postgres"',
  'Set it to postgres://user:password@host:5432/database',
  `column "password" of relation "users" does not exist`,
  `Key (email)=(a@b.c) already exists.`,
])('stays as it is: %s', (text) => {
  expect(maskSecrets(text)).toBe(text)
})

/** A statement that has a secret in it, in a form that is not the plain one. `S` stands for the secret. */
const FORMS = [
  `alter role a password /* rotated 'x' */ 'S'`,
  `alter role a password -- rotated\n'S'`,
  `alter role a password 'x'\n  'S'`,
  `alter role a password 'x' || 'S'`,
  `alter role a password"S"`,
  `alter role a password E'x\\'S'`,
  `alter role a password U&'S!0041' uescape '!'`,
  `alter role a password N'S'`,
  `alter role a set "app.pass" = 'S'`,
  `set "app.pass" to 'S'`,
  `create subscription s connection 'host=h password=''it''''s S''' publication p`,
  `create subscription s connection 'host=h password=a\\ S' publication p`,
  `create subscription s connection E'host=h password=\\'it\\\\\\'s S\\'' publication p`,
  `select dblink_connect('host=h password=' || 'S')`,
  `select dblink_connect('postgres://us@er:S@h/d')`,
  ...['pwd', 'passcode', '"api-key"', 'credentials', 'passwd', 'secret_access_key'].map(
    (name) => `create user mapping for a server s options (user 'u', ${name} 'S')`,
  ),
  `copy t from program 'PGPASSWORD="S" psql'`,
  `copy t from program 'curl -u admin:S http://h'`,
  `select '{"password": "S"}'::jsonb`,
  `select '{"password":"a\\"S"}'`,
  `insert into users (name, password) values ('a', 'S')`,
  `insert into users values (1, 'S')`,
  `INSERT INTO "app"."users" AS u OVERRIDING SYSTEM VALUE VALUES (1, 'S')`,
  `insert into /* all */ users -- of them\n select 1, 'S'`,
  `with t as (select 1) insert into users select 1, 'S' from t`,
  `merge into users using t on true when not matched then insert values (1, 'S')`,
  `update users set (name, password) = ('a', 'S')`,
  `select 'a' as name, 'S' as password`,
  `create table users (password text default 'S')`,
  `select crypt('S', gen_salt('bf'))`,
  `select pgp_sym_encrypt('x', 'S')`,
  `select encrypt('x'::bytea, 'S', 'aes')`,
  `select set_config('app.secret', 'S', false)`,
  `select 1 -- password: S`,
  `select 1 /* password S */`,
]

/** Where a statement may stand. */
const PLACES: Readonly<Record<string, (form: string) => string>> = {
  alone: (form) => form,
  'after another statement': (form) => `select 'it''s'; ${form}`,
  'in a message': (form) => `The role's statement isn't valid:\n  ${form}\nNothing was changed.`,
  'in a context of PostgreSQL': (form) =>
    `CONTEXT:  SQL statement "${form}"\nPL/pgSQL function f()`,
  'in a DO block': (form) => `do $x$ begin ${form}\n; end $x$`,
  'in a function': (form) =>
    `create function f() returns void language sql as $$ ${form}\n $$; select 1`,
  'in EXECUTE': (form) => `do $x$ begin execute '${form.replaceAll("'", "''")}'; end $x$`,
  'in EXECUTE of an escaped string': (form) =>
    `do $x$ begin execute E'${form.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'; end $x$`,
  'in EXECUTE of a string between dollars': (form) => `do $x$ begin execute $y$${form}$y$; end $x$`,
}

describe.each(Object.entries(PLACES))('%s', (_, place) => {
  test.each(FORMS)('no secret is left in %s', (form) => {
    const text = place(form).replaceAll(/\bS\b|S(?=!)/g, 'hunter2')
    expect(text).toContain(SECRET)
    expect(maskSecrets(text)).not.toContain(SECRET)
    expect(maskSecrets(maskSecrets(text))).toBe(maskSecrets(text))
  })
})

test.each(FORMS.filter((form) => /password[^S]*'[^']*S/.test(form)))(
  'nor where it is cut off: %s',
  (form) => {
    const text = form.replaceAll(/\bS\b|S(?=!)/g, 'hunter2')
    expect(maskSecrets(text.slice(0, text.indexOf(SECRET) + SECRET.length))).not.toContain(SECRET)
  },
)

test.each([
  `do $x$ begin execute format('alter role %I password %L', 'a', 'hunter2'); end $x$`,
  `do $x$ declare p text := 'hunter2'; begin execute 'alter role a password ' || quote_literal(p); end $x$`,
  `do $x$ begin execute 'alter role a password ''' || 'hunter2' || ''''; end $x$`,
  `do $x$ begin execute 'alter role a pass' || 'word ''hunter2'''; end $x$`,
  `do $$ begin raise exception 'password is %', 'hunter2'; end $$`,
  `Key (name, password)=(a, hunter2) already exists.`,
  `syntax error at or near "'hunter2'"`,
])('what a body builds, and what PostgreSQL quotes, is masked: %s', (text) => {
  expect(maskSecrets(text)).not.toContain(SECRET)
})

test('a statement that speaks of no secret stays whole beside one that does', () => {
  const harmless = `insert into t (x, y, z) values ('a', $$b$$, E'c\\'d')`
  expect(maskSecrets(`${harmless}; alter role a password 'hunter2'`)).toBe(
    `${harmless}; alter role a password '***'`,
  )
})

test.each([
  ['one long word', 'x'.repeat(1_000_000)],
  ['words with dots and hyphens', 'a.b-'.repeat(250_000)],
])('a megabyte of %s takes no minutes', (_, value) => {
  const start = process.cpuUsage().user
  expect(maskSecrets(`select '${value}'; alter role a password 'SECRET'`)).not.toContain('SECRET')
  expect((process.cpuUsage().user - start) / 1e6).toBeLessThan(5)
})
