import { normalize, type Value } from './values.ts'

/** Every version of something that is named: "Node.js 22.12 or higher", "TLS 1.3", ">= 3.8". */
export function findVersions(plain: string): Value[] {
  return [...plain.matchAll(VERSION)].flatMap((match) => {
    const { name = '', label = '', v = '', number = '', bound = '' } = match.groups ?? {}
    const isVersion = label || v || bound || number.includes('.')
    if (!isVersion || NO_NAMES.has(normalize(name))) return []
    const normalized = normalize([name, number, bound ? '+' : ''].join(' '))
    return [{ kind: 'version', text: match[0].trim(), at: match.index, normalized, name }]
  })
}

/** Every certificate, standard of security or law that the sentence names. */
export function findCertifications(plain: string): Value[] {
  return CERTIFICATIONS.flatMap(([pattern, canonical]) =>
    [...plain.matchAll(pattern)].map((match) => {
      const name = match[0].replace(pattern, canonical).replace(/\s+/g, ' ').trim()
      return {
        kind: 'certification',
        text: match[0],
        at: match.index,
        normalized: normalize(name),
        name,
      }
    }),
  )
}

/** Every HTTP method with its path. It reads the text with its markup: a path is an address. */
export function findEndpoints(text: string): Value[] {
  return [...text.matchAll(ENDPOINT)].map((match) => {
    const { method = '', path = '' } = match.groups ?? {}
    const name = `${method} ${path.replace(/[.,;:)]+$/, '')}`
    return { kind: 'endpoint', text: name, at: match.index, normalized: name, name }
  })
}

const VERSION =
  /(?<![\p{L}\p{N}.])(?<name>\p{Lu}[\p{L}\p{N}.+#-]{0,30}|node|npm|pnpm|python|docker)\s{1,4}(?<label>versions?\s{1,4})?(?:>=?\s?)?(?<v>v?)(?<number>\d{1,5}(?:\.\d{1,5}){0,3}(?:-[\p{L}\p{N}.]{1,20})?)(?![\p{L}\p{N}%])(?<bound>\s?\+|\s{1,4}(?:or|and)\s{1,4}(?:higher|later|newer|above|greater|up))?/gu

/** Words that stand before a number and are no product. */
const NO_NAMES = new Set(
  'a about added after all and any at before by chapter each figure for from january february march april may june july august september october november december in is it level of on over needs page part release requires runs section since step supports table than the to under until up uses version versions with'.split(
    ' ',
  ),
)

const CERTIFICATIONS: readonly (readonly [RegExp, string])[] = [
  [/\bSOC\s?([123])\b(?:\s(?:Type|type)\s?(I{1,2}|[12])\b)?/g, 'SOC $1'],
  [/\bISO(?:\/IEC)?[\s-]?(\d{4,5})(?:[-:]\d{1,4})?\b/g, 'ISO $1'],
  [/\bPCI[\s-]?DSS\b/g, 'PCI DSS'],
  [/\bFIPS\s?140-?([23])\b/g, 'FIPS 140-$1'],
  [/\bFedRAMP\b/g, 'FedRAMP'],
  [/\bHIPAA\b/g, 'HIPAA'],
  [/\bGDPR\b/g, 'GDPR'],
  [/\bCCPA\b/g, 'CCPA'],
  [/\bHITRUST\b/g, 'HITRUST'],
  [/\bCSA STAR\b/g, 'CSA STAR'],
  [/\bTISAX\b/g, 'TISAX'],
  [/\bNIST\s(?:SP\s)?(800-\d{2,3})\b/g, 'NIST $1'],
  [/\bRoHS\b/g, 'RoHS'],
]

const ENDPOINT =
  /\b(?<method>GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)[\s`'"]{1,4}(?<path>(?:https?:\/\/[^\s`'"<>|]{1,300}|\/[^\s`'"<>|]{0,300}))/g
