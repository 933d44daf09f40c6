import type { ClientConfig } from 'pg'
import { parseIntoClientConfig } from 'pg-connection-string'
import { failure } from '../errors/index.ts'
import { refuseParameters } from './url-parameters.ts'

/** The parts of a database URL that may be shown: never the password. */
export interface Place {
  readonly server: string
  readonly database: string
  readonly user: string
}

/**
 * Reads a URL as psql does; what psql would not read as it was meant is refused by name.
 * Throws URL_MISSING, URL_MALFORMED, URL_PARAMETER, TLS_FAILED; nothing that may be of a password is in them.
 */
export function parseUrl(url: string | undefined): Place {
  const { host, port, database, user } = configOfUrl(url)
  return { server: showServer(host, port), database: database ?? '', user: user ?? '' }
}

/** The same as options of pg's Client. */
export function configOfUrl(given: string | undefined): ClientConfig {
  const url = given?.trim() ?? ''
  if (url === '') throw failure('URL_MISSING')
  const { userinfo, hosts, path, query } = splitUrl(url)
  refuseUnencoded(userinfo)
  refuseHosts(hosts)
  for (const part of [userinfo, hosts, path, query]) refuseBadEscapes(part)
  const parameters = new URLSearchParams(query)
  refuseParameters(query)
  const database = parameters.get('dbname') ?? decodeURIComponent(path)
  if (database === '') throw malformed('it names no database')
  // pg knows the name only by its place in the path, and leaves some of its characters encoded.
  parameters.delete('dbname')
  return { ...readWithPg(url, parameters), database }
}

/**
 * How else psql would connect where the way of `configOfUrl` fails: with sslmode=prefer not encrypted, with allow
 * encrypted. Undefined where the URL leaves no choice.
 */
export function otherEncryption(url: string): Pick<ClientConfig, 'ssl'> | undefined {
  const mode = new URLSearchParams(splitUrl(url.trim()).query).get('sslmode')
  if (mode === 'prefer') return { ssl: false }
  return mode === 'allow' ? { ssl: { rejectUnauthorized: false } } : undefined
}

/** What the URL demands of the server: of the values that are allowed, `read-write` and `primary` demand something. */
export function demandedSession(url: string): string | null {
  return new URLSearchParams(splitUrl(url.trim()).query).get('target_session_attrs')
}

function readWithPg(url: string, parameters: URLSearchParams): ClientConfig {
  const [address = ''] = url.split('?')
  readSslMode(parameters)
  let config: ClientConfig
  try {
    config = parseIntoClientConfig(`${address}?${parameters.toString()}`)
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    if (path === undefined) throw malformed('it cannot be parsed')
    const name = ['sslrootcert', 'sslcert', 'sslkey'].find((one) => parameters.get(one) === path)
    const reason = `the file ${path} of ${name ?? 'its parameters'} cannot be read (${code})`
    throw failure('TLS_FAILED', { reason, advice: `Correct the path, or leave ${name} away.` })
  }
  const { port } = config
  if (port !== undefined && !isPort(port)) throw malformed(NO_PORT)
  return config
}

const NO_PORT = 'its port is no number from 1 to 65535'

function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65_536
}

/** Names what the parser of URLs would only call invalid. */
function refuseHosts(hosts: string): void {
  if (hosts.includes(',')) throw malformed('it names several hosts. Name one')
  const [, ...ports] = hosts.replace(/^\[[^\]]*\]/, '').split(':')
  if (ports.length > 1) throw malformed('an IPv6 address has brackets in a URL: [::1], not ::1')
  const [port = ''] = ports
  if (port !== '' && !isPort(Number(port))) throw malformed(NO_PORT)
}

/** Makes pg read sslmode as psql does, and not all but two as verify-full. */
function readSslMode(parameters: URLSearchParams): void {
  const mode = parameters.get('sslmode')
  if (mode === null || mode === 'no-verify') return
  if (mode === 'verify-ca' && !parameters.has('sslrootcert')) {
    throw malformed(
      'sslmode=verify-ca needs sslrootcert=FILE with the certificate of the authority',
    )
  }
  if (mode === 'allow') parameters.set('sslmode', 'disable')
  parameters.set('uselibpqcompat', 'true')
}

/** A socket's host is the folder that it is in. */
export function showServer(host = 'localhost', port: number | string = 5432): string {
  return host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : `${host}:${port}`
}

interface Parts {
  readonly userinfo: string
  readonly hosts: string
  readonly path: string
  readonly query: string
}

/** Cuts a URL where psql does, before anything is decoded. */
function splitUrl(url: string): Parts {
  const scheme = /^postgres(?:ql)?:\/\//.exec(url)?.[0]
  if (/^["'`]/.test(url)) throw malformed('it begins with a quotation mark. Leave its quotes away')
  if (scheme === undefined) throw malformed(`it does not begin with postgres://`)
  const rest = url.slice(scheme.length)
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? ''
  const behind = rest.slice(authority.length)
  if (behind.includes('#')) throw unencoded('#')
  const [path = '', ...more] = behind.split('?')
  const query = more.join('?')
  const at = authority.lastIndexOf('@')
  const hosts = authority.slice(at + 1)
  const isCutShort = path.includes('@') || (at === -1 && !isHostList(hosts))
  if (isCutShort && behind.includes('@')) throw unencoded(behind.charAt(0))
  return { userinfo: authority.slice(0, Math.max(at, 0)), hosts, path: path.slice(1), query }
}

/** `host`, `host:5432`, `[::1]:5432`, several of them: anything else before a / is a user with a part of a password. */
function isHostList(hosts: string): boolean {
  return hosts.split(',').every((one) => /^(?:\[[^\]]*\]|[^:[\]\s]*)(?::\d*)?$/.test(one))
}

function refuseUnencoded(userinfo: string): void {
  if (userinfo.includes('@')) throw unencoded('@')
  if (/\s/.test(userinfo)) throw unencoded(' ')
}

function refuseBadEscapes(part: string): void {
  let decoded: string
  if (/%(?![0-9a-f]{2})/i.test(part)) {
    throw malformed(`a % in it is not followed by two hexadecimal digits. ${ENCODE}%25 for %`)
  }
  try {
    decoded = decodeURIComponent(part)
  } catch {
    throw malformed('its %-escapes are no UTF-8')
  }
  if (decoded.includes('\0')) throw malformed('it has a zero byte (%00) in it')
}

const ENCODE = 'In user, password and database such a character is encoded: '

function unencoded(character: string) {
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')
  const name = character === ' ' ? 'space' : character
  const reason = `it has a ${name} in user, password or database. ${ENCODE}%${code} for ${name}`
  return malformed(reason)
}

function malformed(reason: string) {
  return failure('URL_MALFORMED', { reason })
}
