import { takeText, type Reading } from './reading.ts'
import { normalize, type Value } from './values.ts'

/** Every certificate, standard of security or law that the sentence names. */
export function findCertifications(reading: Reading): Value[] {
  return CERTIFICATIONS.flatMap(([pattern, canonical]) =>
    [...reading.plain.matchAll(pattern)].map((match) => {
      const name = match[0].replace(pattern, canonical).replaceAll(/\s+/g, ' ').trim()
      takeText(reading, match.index, match[0].length)
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
    const name = `${method} ${dropPunctuation(path)}`
    return { kind: 'endpoint', text: name, at: match.index, normalized: name, name }
  })
}

/** Cuts what ends a sentence off an address. A pattern for it would look at every dot of the address. */
function dropPunctuation(path: string): string {
  let end = path.length
  while (end > 0 && '.,;:)'.includes(path.charAt(end - 1))) end -= 1
  return path.slice(0, end)
}

/** ISO's formats of dates, countries, languages and currencies certify nothing. */
const CERTIFICATIONS: readonly (readonly [RegExp, string])[] = [
  [/\bSOC\s?([123])\b(?:\s(?:Type|type)\s?(?:I{1,2}|[12])\b)?/g, 'SOC $1'],
  [/\bISO(?:\/IEC)?[\s-]?(?!8601|3166|4217|639|8859|10646)(\d{4,5})(?:[-:]\d{1,4})?\b/g, 'ISO $1'],
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
  /\b(?<method>GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)[\s`'"|]{1,8}(?<path>(?:https?:\/)?\/[^\s`'"<>|]*)/g
