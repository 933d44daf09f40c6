import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { Agent, buildConnector } from 'undici'
import { isPublicAddress } from './addresses.ts'
import { RefusedAddressError } from './targets.ts'

/**
 * How names become addresses, and which addresses may be connected to. Only a caller in this code can
 * give another one: no variable and no request reaches it, and the service itself gives none.
 */
export type Network = {
  readonly resolve: (hostname: string) => Promise<readonly string[]>
  readonly isAllowed: (address: string) => boolean
  /** Where a connection to an allowed address goes: a test's own servers stand for the internet. */
  readonly portOf?: (port: string) => string
}

export const INTERNET: Network = {
  resolve: async (hostname) => {
    const found = await lookup(hostname, { all: true })
    return found.map(({ address }) => address)
  },
  isAllowed: isPublicAddress,
}

/**
 * An agent that connects to the very address that was checked, so that a name that changes its answer
 * between the check and the connection changes nothing. Every new connection is checked.
 */
export function createAgent(network: Network): Agent {
  const connect = buildConnector({ timeout: 10_000, allowH2: false })
  return new Agent({
    pipelining: 1,
    keepAliveTimeout: 1,
    headersTimeout: 30_000,
    bodyTimeout: 30_000,
    maxHeaderSize: 32 * 1024,
    connect(options, callback) {
      void (async () => {
        const { protocol, servername = options.hostname } = options
        const port = options.port || (protocol === 'https:' ? '443' : '80')
        try {
          const hostname = await chooseAddress(options.hostname, network)
          const to = { ...options, hostname, port: network.portOf?.(port) ?? port }
          connect(isIP(servername) ? to : { ...to, servername }, callback)
        } catch (error) {
          callback(error as Error, null)
        }
      })()
    },
  })
}

/** @throws {@link RefusedAddressError} where any address of the host is not allowed */
async function chooseAddress(hostname: string, network: Network): Promise<string> {
  const host = hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(host) ? [host] : await network.resolve(host)
  const refused = addresses.find((address) => !network.isAllowed(address))
  if (refused !== undefined)
    throw new RefusedAddressError(`${host} is at an address that nothing is fetched from.`)
  const [first] = addresses
  if (first === undefined) throw new Error(`${host} has no address.`)
  return first
}
