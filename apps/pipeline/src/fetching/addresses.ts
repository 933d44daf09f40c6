import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { SPECIAL_BLOCKS } from './special-blocks.ts'

/**
 * True for an address of the public internet: the only ones that a document is fetched from. IPv4 is public where it is not
 * special; IPv6 must be in 2000::/3 too, since the rest is not given out to anyone, and must not name an interface (`%eth0`).
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !SPECIAL.ipv4.check(address, 'ipv4')
  return (
    isIPv6(address) &&
    !address.includes('%') &&
    GIVEN_OUT.check(address, 'ipv6') &&
    !SPECIAL.ipv6.check(address, 'ipv6') &&
    !isIsatap(address)
  )
}

const GIVEN_OUT = blockList(['2000::/3'])

/** Apart, since the block of IPv4-mapped addresses would match every IPv4 address. */
const SPECIAL = {
  ipv4: blockList(SPECIAL_BLOCKS.map(([block]) => block).filter((block) => block.includes('.'))),
  ipv6: blockList(SPECIAL_BLOCKS.map(([block]) => block).filter((block) => block.includes(':'))),
}

/**
 * ISATAP (RFC 5214) embeds IPv4 under any prefix: its interface identifier is 0:5efe or 200:5efe and the IPv4 address. It
 * is for use within a site, so no public server is lost with those whose IPv4 address is public.
 */
function isIsatap(address: string): boolean {
  const groups = readGroups(address)
  return groups[5] === 0x5efe && (groups[4] === 0 || groups[4] === 0x200)
}

/** The eight groups of an IPv6 address. */
function readGroups(address: string): number[] {
  const host = new URL(`http://[${address}]/`).hostname.slice(1, -1) // it has no dots
  const [start = [], end = []] = host
    .split('::')
    .map((part) => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16))))
  return [...start, ...Array<number>(8 - start.length - end.length).fill(0), ...end]
}

function blockList(blocks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const block of blocks) {
    const [network = '', prefix] = block.split('/')
    list.addSubnet(network, Number(prefix), isIPv4(network) ? 'ipv4' : 'ipv6')
  }
  return list
}
