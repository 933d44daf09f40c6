import { failure } from '../errors/index.ts'

/** Parameters that pg obeys, and those that are obeyed here. */
const OBEYED = [
  'user password host port dbname options client_encoding',
  'ssl sslmode sslcert sslkey sslrootcert sslnegotiation uselibpqcompat',
  'statement_timeout lock_timeout idle_in_transaction_session_timeout query_timeout target_session_attrs',
]

/**
 * Those of libpq that change neither whom a connection leads to nor how it is protected, whatever their value but those in
 * DEMANDS: pg does not know them.
 * https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-PARAMKEYWORDS
 */
const HARMLESS = [
  'application_name fallback_application_name connect_timeout',
  'keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout',
  'sslcompression sslsni gssencmode channel_binding load_balance_hosts',
]

const ALLOWED = new Set([...OBEYED, ...HARMLESS].flatMap((names) => names.split(' ')))

const DIRECT = 'Remove it: the migrator may have another URL than the application.'

/** What to say in place of a parameter; of those of libpq that pg does not obey, and of other drivers' and ORMs'. */
const INSTEAD: ReadonlyMap<string, (value: string) => string> = new Map([
  ...each('schema currentSchema search_path', (value) => {
    const path = encodeURIComponent(value || 'app')
    return `To have unqualified names mean that schema, write options=-c%20search_path%3D${path}`
  }),
  ...each('pgbouncer prepared_statement_cache_size statement_cache_size', () => DIRECT),
  ...each('connection_limit pool_timeout pool_max_conns max socket_timeout', () => DIRECT),
  ...each('service servicefile', () => 'Write what the service stands for into the URL.'),
  ...each('passfile', () => 'Name the file in the variable PGPASSFILE.'),
  ...each('hostaddr', () => 'Write the address as host.'),
  ...each('sslaccept', () => 'Write sslmode=no-verify, or sslmode=verify-full with sslrootcert.'),
])

/** Values that demand what pg does not do: who writes one is to know that it is not done. */
const DEMANDS: ReadonlyMap<string, string> = new Map([
  [
    'channel_binding=require',
    'Remove it, and write sslmode=verify-full: the certificate of the server is checked then.',
  ],
  ['gssencmode=require', 'Remove it: the connection is encrypted by sslmode.'],
  ...['read-only', 'standby'].map(
    (value) => [`target_session_attrs=${value}`, 'Remove it, and name the host.'] as const,
  ),
])

function each(names: string, say: (value: string) => string) {
  return names.split(' ').map((name) => [name, say] as const)
}

const ENCODE = 'where that is a part of a password, write %3F for ?, %26 for & and %40 for @'
const UNKNOWN = `a parameter of it is unknown: ${ENCODE}`
const NO_VALUE = `one of its parameters has no "=": ${ENCODE}. Correct or remove it`

/** Those of psql, and pg's own no-verify: encrypted, to whoever answers. */
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify']

function refuseSslMode(mode: string | null): void {
  if (mode === null || SSL_MODES.includes(mode)) return
  throw failure('URL_MALFORMED', {
    reason: `sslmode has a wrong value. Write one of ${SSL_MODES.slice(0, -1).join(', ')}`,
  })
}

/**
 * Refuses a parameter that nobody would obey: its author expects an effect.
 * Where a part of an unencoded password may stand in the place of one, none is shown.
 * Throws URL_PARAMETER, URL_MALFORMED.
 */
export function refuseParameters(query: string): void {
  const parameters = new URLSearchParams(query)
  // An @ behind the host ends a password that has a / or ? in it, unless every parameter is one that is known.
  const mayBePassword = query.includes('@') || parameters.has('password')
  const isBroken = query.split('&').some((part) => part !== '' && !part.includes('='))
  if (isBroken) throw failure('URL_MALFORMED', { reason: NO_VALUE })
  refuseSslMode(parameters.get('sslmode'))
  for (const [name, value] of parameters) {
    const demand = DEMANDS.get(`${name}=${value}`)
    if (demand !== undefined) {
      throw failure('URL_PARAMETER', { name: `${name}=${value}`, advice: demand })
    }
    if (ALLOWED.has(name)) continue
    if (mayBePassword) throw failure('URL_MALFORMED', { reason: UNKNOWN })
    const advice = INSTEAD.get(name)?.(value) ?? 'Correct or remove it.'
    throw failure('URL_PARAMETER', { name, advice })
  }
}
