import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { describe, expect, test, vi } from 'vitest'
import { MigratorError } from '../errors/index.ts'
import { configOfUrl, otherEncryption, parseUrl } from './database-url.ts'

/** What a call throws, as all that a person or a program sees of it. */
function refusalOf(url: string): { error: MigratorError; said: string } {
  try {
    configOfUrl(url)
  } catch (error) {
    if (!(error instanceof MigratorError)) throw error
    return { error, said: `${JSON.stringify(error)}\n${error.message}\n${String(error.cause)}` }
  }
  throw new Error(`It was accepted: ${url}`)
}

describe('where a URL leads, as psql reads it', () => {
  test.each([
    ['postgresql://user@/db?host=/socket&port=6543', '/socket', 6543, 'user', 'db'],
    ['postgresql://user@%2Fvar%2Frun/db', '/var/run', 5432, 'user', 'db'],
    ['postgresql:///db?host=/socket&user=user', '/socket', 5432, 'user', 'db'],
    ['postgresql://user@host?dbname=db', 'host', 5432, 'user', 'db'],
    ['postgresql://user@host:6543/?dbname=db', 'host', 6543, 'user', 'db'],
    ['postgres://user:pw@[::1]:6543/db', '::1', 6543, 'user', 'db'],
    ['postgres://us%40er:p%23w@host/a%2Fb%20c', 'host', 5432, 'us@er', 'a/b c'],
    ['  postgres://user:pw@host/db\n', 'host', 5432, 'user', 'db'],
    ['postgres://user@host/db?application_name=me@here', 'host', 5432, 'user', 'db'],
    ['postgres://host:6543/db?user=user&application_name=a@b', 'host', 6543, 'user', 'db'],
  ])('%s', (url, host, port, user, database) => {
    const client = new Client(configOfUrl(url))
    expect([client.host, client.port, client.user, client.database]).toEqual([
      host,
      port,
      user,
      database,
    ])
  })

  test('a socket is shown as one', () => {
    expect(parseUrl('postgresql://user@/db?host=/socket&port=6543').server).toBe(
      '/socket/.s.PGSQL.6543',
    )
  })
})

/** Of a password that needs encoding: whether any part of it is to be read in what is said. */
const PARTS = ['hunter', 'zwei', '4711', '0815']

describe('an unencoded character of a password is named, and no part of it shown', () => {
  const characters = ['#', '/', '?', '@', '%', ' ']
  const passwords = characters.flatMap((character) => [
    [character, `hunter${character}zwei`],
    // Two hexadecimal digits behind a % are an escape, and nobody can tell.
    ...(character === '%' ? [] : [[character, `4711${character}0815`]]),
    [character, `4711${character}zwei`],
    [character, `hunter@4711${character}zwei`],
    [character, `${character}hunter`],
  ])
  const places = ['@host/db', '@host:5432/db', '@host', '@host/db?sslmode=disable', '@[::1]/db']
  test.each(passwords)('%s in %s', (character, password) => {
    for (const place of places) {
      const { error, said } = refusalOf(`postgres://user:${password}${place}`)
      expect([error.code, error.exit]).toEqual(['URL_MALFORMED', 2])
      const code = `%${(character ?? '').charCodeAt(0).toString(16).toUpperCase()}`
      // Where several could be meant, one of them is named.
      expect(said).toMatch(password?.startsWith('hunter@') ? /%(40|2F|3F|23|25|20)/ : code)
      for (const part of PARTS) expect(said).not.toContain(part)
    }
  })

  test('nor of one whose escapes are no UTF-8, or hold a zero byte', () => {
    for (const password of ['hunter%ffzwei', 'hunter%00zwei']) {
      const { error, said } = refusalOf(`postgres://user:${password}@host/db`)
      expect(error.code).toBe('URL_MALFORMED')
      for (const part of PARTS) expect(said).not.toContain(part)
    }
  })
})

describe('a parameter that nothing would obey is refused, with what to say instead', () => {
  test.each([
    ['schema=app', /options=-c%20search_path%3Dapp/],
    ['currentSchema=app', /options=-c%20search_path%3Dapp/],
    ['pgbouncer=true', /Remove it/],
    ['connection_limit=5', /Remove it/],
    ['pool_timeout=5', /Remove it/],
    ['service=prod', /into the URL/],
    ['hostaddr=10.0.0.1', /as host/],
    ['requirepeer=postgres', /Correct or remove it/],
    ['sslmod=require', /Correct or remove it/],
    ['SSLMODE=require', /Correct or remove it/],
    ['channel_binding=require', /sslmode=verify-full/],
    ['gssencmode=require', /sslmode/],
    ['target_session_attrs=standby', /name the host/],
    ['target_session_attrs=read-only', /name the host/],
  ])('%s', (parameter, advice) => {
    const { error } = refusalOf(`postgres://user:hunter@host/db?${parameter}`)
    expect([error.code, error.exit]).toEqual(['URL_PARAMETER', 2])
    expect(error.message).toContain(`"${parameter.split('=')[0]}`)
    expect(error.message).toMatch(advice)
    expect(error.message).not.toMatch(/\n|hunter/)
  })

  test.each([
    'sslmode=disable',
    'connect_timeout=5',
    'channel_binding=prefer',
    'target_session_attrs=read-write',
    'target_session_attrs=any',
    'options=-c%20a.b%3D1',
  ])('%s is none of them', (parameter) => {
    expect(configOfUrl(`postgres://user@host/db?${parameter}`).database).toBe('db')
  })
})

describe('sslmode is read as psql reads it', () => {
  test.each([
    ['disable', false],
    ['allow', false],
    ['prefer', { rejectUnauthorized: false }],
    ['require', { rejectUnauthorized: false }],
    ['verify-full', {}],
    ['no-verify', { rejectUnauthorized: false }],
  ])('%s, without a warning', (mode, ssl) => {
    const warned = vi.spyOn(process, 'emitWarning')
    expect(configOfUrl(`postgres://user@host/db?sslmode=${mode}`).ssl).toEqual(ssl)
    expect(warned).not.toHaveBeenCalled()
  })

  test.each([
    ['prefer', { ssl: false }],
    ['allow', { ssl: { rejectUnauthorized: false } }],
    ['require', undefined],
  ])('%s leaves another way, or none', (mode, other) => {
    expect(otherEncryption(`postgres://user@host/db?sslmode=${mode}`)).toEqual(other)
  })

  test.each([
    ['sslmode=hunter', /sslmode has a wrong value/],
    ['sslmode=', /sslmode has a wrong value/],
    ['sslmode=verify-ca', /needs sslrootcert/],
  ])('%s is refused', (parameter, message) => {
    const { error, said } = refusalOf(`postgres://user@host/db?${parameter}`)
    expect([error.code, error.exit]).toEqual(['URL_MALFORMED', 2])
    expect(error.message).toMatch(message)
    expect(said).not.toContain('hunter')
  })
})

test.each([
  'sslmode=disable&hunter',
  'hunter',
  'password=x&hunter',
  'password=x&hunter=y',
  'hunter&sslmode=disable',
])('a piece that may be of a password is not quoted: %s', (query) => {
  const { error, said } = refusalOf(`postgres://user@host/db?${query}`)
  expect([error.code, error.message]).toEqual([
    'URL_MALFORMED',
    expect.stringContaining('%26 for &'),
  ])
  expect(said).not.toContain('hunter')
})

test('a file of a certificate that is not there is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'certificates-'))
  const { error } = refusalOf(`postgres://u:hunter@host/db?sslrootcert=${folder}/missing.pem`)
  expect([error.code, error.exit]).toEqual(['TLS_FAILED', 2])
  expect(error.message).toMatch(/missing\.pem of sslrootcert cannot be read \(ENOENT\)/)
  await rm(folder, { recursive: true })
})

test.each([
  ['postgres://user@one,two/db', /several hosts/],
  ['postgres://user@host:99999/db', /port is no number from 1 to 65535/],
  ['postgres://user:hunter@host:5432x/db', /port is no number from 1 to 65535/],
  ['postgres://user:hunter@host/db?port=0', /port is no number from 1 to 65535/],
  ['postgres://user:hunter@::1:5432/db', /brackets.*\[::1\]/],
  [`"postgres://user:hunter@host/db"`, /quotes/],
  [`'postgres://user:hunter@host/db'`, /quotes/],
  ['postgres://user@host/', /names no database/],
  ['user@host/db', /does not begin with postgres/],
  ['host=localhost dbname=x password=hunter', /does not begin with postgres/],
])('%s is refused', (url, message) => {
  const { error, said } = refusalOf(url)
  expect([error.code, error.message]).toEqual(['URL_MALFORMED', expect.stringMatching(message)])
  expect(said).not.toContain('hunter')
})
