import { expect, test } from 'vitest'
import { redact } from './redact.ts'

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
    `ALTER ROLE app PASSWORD E'***' valid until 'x'`,
  ],
  [`alter role app password 'it''s secret'; select 1`, `alter role app password '***'; select 1`],
  [`alter role app password 'secret`, `alter role app password '***`],
  [
    `create user mapping for app server s options (user 'u', password 'secret')`,
    `create user mapping for app server s options (user 'u', password '***')`,
  ],
  ['alter role app password $x$secret$x$', 'alter role app password ***'],
  [`dblink('host=h password=secret dbname=d')`, `dblink('host=h password=*** dbname=d')`],
  [
    `subscription connection 'host=h password=''secret'' user=u'`,
    `subscription connection 'host=h password=''***'' user=u'`,
  ],
  ['postgres://host/db?user=u&password=secret&x=1', 'postgres://host/db?user=u&password=***&x=1'],
  [`execute 'alter role a password ''secret'''`, `execute 'alter role a password ''***'''`],
])('%s', (text, shown) => {
  expect(redact(text)).toBe(shown)
})

test.each([
  'postgres://user@host/db',
  'password authentication failed for user "postgres"',
  'Set it to postgres://user:password@host:5432/database',
  `column "password" of relation "users" does not exist`,
  `Key (email)=(a@b.c) already exists.`,
])('stays as it is: %s', (text) => {
  expect(redact(text)).toBe(text)
})
