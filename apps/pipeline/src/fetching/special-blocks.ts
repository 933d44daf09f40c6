/**
 * Blocks of addresses that are no place of the public internet, each with why. Sources:
 * https://www.iana.org/assignments/iana-ipv4-special-registry,
 * https://www.iana.org/assignments/iana-ipv6-special-registry, and below each part what is not in them.
 *
 * A block that embeds IPv4 is refused whole: it can lead to a private address, and nothing public is in it alone.
 */
export const SPECIAL_BLOCKS = [
  ['0.0.0.0/8', 'this network'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'carrier-grade NAT'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local: cloud metadata'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'IETF protocol assignments'],
  ['192.0.2.0/24', 'documentation'],
  ['192.31.196.0/24', 'AS112'],
  ['192.52.193.0/24', 'AMT'],
  ['192.88.99.0/24', '6to4 relays'],
  ['192.168.0.0/16', 'private'],
  ['192.175.48.0/24', 'AS112'],
  ['198.18.0.0/15', 'benchmarks'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['240.0.0.0/4', 'reserved, and broadcast'],
  // https://www.iana.org/assignments/multicast-addresses
  ['224.0.0.0/4', 'multicast'],

  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['::ffff:0:0/96', 'IPv4-mapped'],
  ['64:ff9b::/96', 'NAT64: embeds IPv4'],
  ['64:ff9b:1::/48', 'NAT64 of a network: embeds IPv4'],
  ['100::/64', 'discarded'],
  ['100:0:0:1::/64', 'dummy'],
  ['2001::/23', 'IETF protocol assignments, with Teredo: embeds IPv4'],
  ['2001:db8::/32', 'documentation'],
  ['2002::/16', '6to4: embeds IPv4'],
  ['2620:4f:8000::/48', 'AS112'],
  ['3fff::/20', 'documentation'],
  ['5f00::/16', 'segment routing'],
  ['fc00::/7', 'unique-local'],
  ['fe80::/10', 'link-local'],
  // https://www.iana.org/assignments/ipv6-address-space
  ['::/96', 'IPv4-compatible: embeds IPv4'],
  ['::ffff:0:0:0/96', 'IPv4-translated (RFC 2765): embeds IPv4'],
  ['fec0::/10', 'site-local'],
  ['ff00::/8', 'multicast'],
] as const satisfies readonly (readonly [block: string, why: string])[]
