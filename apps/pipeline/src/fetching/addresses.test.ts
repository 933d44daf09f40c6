import { isIPv4 } from 'node:net'
import { expect, test } from 'vitest'
import { isPublicAddress } from './addresses.ts'
import { SPECIAL_BLOCKS } from './special-blocks.ts'

/** The first and the last address of a block. */
function endsOf(block: string): string[] {
  const [network = '', prefix] = block.split('/')
  const [separator, width, groups] = isIPv4(network) ? ['.', 8, 4] : [':', 16, 8]
  const base = separator === '.' ? 10 : 16
  const [start = [], end = []] = network
    .split('::')
    .map((part) => part.split(separator).filter(Boolean))
  const zeros = Array<string>(groups - start.length - end.length).fill('0')
  const all = BigInt(width * groups)
  const first = [...start, ...zeros, ...end].reduce(
    (sum, group) => (sum << BigInt(width)) | BigInt(parseInt(group, base)),
    0n,
  )
  const last = first | ((1n << (all - BigInt(Number(prefix)))) - 1n)
  return [first, last].map((bits) =>
    Array.from({ length: groups }, (_, index) => {
      const shifted = bits >> BigInt(width * (groups - 1 - index))
      return (shifted & ((1n << BigInt(width)) - 1n)).toString(base)
    }).join(separator),
  )
}

test.each(SPECIAL_BLOCKS)('nothing is fetched from %s (%s)', (block) => {
  for (const address of endsOf(block))
    expect([address, isPublicAddress(address)]).toEqual([address, false])
})

/** How IPv6 embeds an IPv4 address: in dots, as it is written, or as two groups. */
const EMBEDDINGS: Readonly<Record<string, (dots: string, groups: string) => string>> = {
  'IPv4-mapped': (dots) => `::ffff:${dots}`,
  'IPv4-mapped, in groups': (_, groups) => `0:0:0:0:0:FFFF:${groups}`,
  'IPv4-compatible': (dots) => `::${dots}`,
  'IPv4-translated': (dots) => `::ffff:0:${dots}`,
  NAT64: (dots) => `64:ff9b::${dots}`,
  'NAT64 of a network': (dots) => `64:ff9b:1::${dots}`,
  '6to4': (_, groups) => `2002:${groups}::1`,
  'Teredo, its server': (_, groups) => `2001:0:${groups}:8000:63bf:3fff:fdd2`,
  'Teredo, its client': (_, groups) => `2001:0:808:808:8000:63bf:${groups}`,
  ISATAP: (dots) => `2606:4700:1:2:0:5efe:${dots}`,
  'ISATAP of a public address': (_, groups) => `2606:4700:1:2:200:5EFE:${groups}`,
  'ISATAP, short': (dots) => `2606:4700::5efe:${dots}`,
}

test.each(Object.entries(EMBEDDINGS))(
  'nothing is fetched from what is embedded as %s',
  (_, embed) => {
    const blocks = SPECIAL_BLOCKS.map(([block]) => block).filter((block) => block.includes('.'))
    for (const dots of blocks.flatMap(endsOf)) {
      const [a = 0, b = 0, c = 0, d = 0] = dots.split('.').map(Number)
      const address = embed(
        dots,
        [a * 256 + b, c * 256 + d].map((group) => group.toString(16)).join(':'),
      )
      expect([address, isPublicAddress(address)]).toEqual([address, false])
    }
  },
)

test.each(['::ffff:8.8.8.8', '1::1', '4000::1', 'fe80::1%eth0', '2606:4700::1%eth0', '1.2.3', ''])(
  '%s is not public',
  (address) => {
    expect(isPublicAddress(address)).toBe(false)
  },
)

test.each([
  '8.8.8.8',
  '100.63.255.255',
  '172.32.0.1',
  '2606:4700::1111',
  '2001:4860:4860::8888',
  '2606:4700:1:2:3:5efe:a00:1',
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})
