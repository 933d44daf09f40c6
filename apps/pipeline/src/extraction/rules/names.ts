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
  const found: Value[] = []
  let end = 0
  for (const { 0: method, index: at } of text.matchAll(METHOD)) {
    const start = skipMarks(text, at + method.length)
    if (at < end || !START.test(text.slice(start, start + LONGEST_START))) continue
    end = endOfPath(text, start)
    const name = `${method} ${text.slice(start, end)}`
    found.push({ kind: 'endpoint', text: name, at, normalized: name, name })
  }
  return found
}

const METHOD = /\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b/g
const START = /^(?:https?:\/)?\//
const LONGEST_START = 'https://'.length

/** Between a method and its path stand blanks, quotes or the border of a table's cell. */
function skipMarks(text: string, start: number): number {
  let at = start
  while (at - start < 8 && at < text.length && ' \t\n`\'"|'.includes(text.charAt(at))) at += 1
  return at === start ? text.length : at
}

/** Where a path ends, without the marks that end a sentence. */
function endOfPath(text: string, start: number): number {
  let end = start
  while (end < text.length && !/[\s`'"<>|]/.test(text.charAt(end))) end += 1
  while ('.,;:)'.includes(text.charAt(end - 1))) end -= 1
  return end
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
