import { PermanentError } from '../permanent-error.ts'

/** Says no to an address that nothing may be fetched from. */
export class RefusedAddressError extends PermanentError {}

/**
 * The URL of a document, of which everything but its host's addresses is checked: those are, when it is
 * connected to. A host in decimal, octal or hexadecimal is an IPv4 address from here on.
 *
 * Its `hostname` is the name of the domain wherever one is counted: in lower case, in punycode, without a port, as every
 * URL has it, and without the dot at its end, which names the same domain.
 *
 * @throws {@link RefusedAddressError}
 */
export function parseTarget(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href)
  if (!url) throw new RefusedAddressError('The URL cannot be read.')
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new RefusedAddressError(`Only http and https are fetched, not ${url.protocol}//.`)
  if (url.username !== '' || url.password !== '')
    throw new RefusedAddressError('The URL has a user name or a password in it.')
  // The default port of a scheme reads as ''. Other ports are where internal services are.
  if (url.port !== '' && url.port !== '80' && url.port !== '443')
    throw new RefusedAddressError(`Only the ports 80 and 443 are fetched from, not ${url.port}.`)
  url.hash = ''
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1)
  return url
}
