import { boundAfter } from './bounds.ts'
import { Phrases } from './phrases.ts'
import { take, type Reading } from './reading.ts'
import type { Token } from './tokens.ts'
import { readUnit } from './units.ts'
import { normalize, type Bound, type Value } from './values.ts'

/** Every version of something that is named: "Node.js >= 20", "TLS 1.2 and 1.3", "Debian 12", "HTTP/3". */
export function findVersions(reading: Reading): Value[] {
  const found: Value[] = []
  const isSupported = SUPPORT.isIn(reading.tokens)
  for (let index = 0; index < reading.tokens.length; index += 1) {
    const name = readName(reading, index)
    if (!name) continue
    const isProtocol = reading.tokens[index + 1]?.text === '/'
    if (isProtocol && !isSupported) continue
    const versions = readVersions(reading, name)
    found.push(...versions.values)
    index = Math.max(index, versions.last)
  }
  return found
}

/** HTTP/1.1 is named often, and stated where it is supported. */
const SUPPORT = new Phrases([
  ['support, supports, supported, must, requires, speaks, understands', true],
])

/** Names that stand before a whole number and mean its version. Any name can stand before 1.2 or v1. */
const PRODUCTS = new Set(
  'android angular ansible cassandra centos chrome clickhouse debian deno django docker edge elasticsearch fedora firefox git go grafana http ios ipados java jdk kafka kotlin kubernetes laravel linux macos mariadb mongodb mysql nginx node node.js nodejs npm openjdk opensearch openssl oracle php pnpm postgres postgresql python rabbitmq rails react redis rhel ruby rust safari scala spring sqlite svelte swift terraform tomcat typescript ubuntu vue windows yarn'.split(
    ' ',
  ),
)

/** Whether a word is the name of a known product, in any case. */
export function isProduct(word: string): boolean {
  return PRODUCTS.has(word)
}

type Name = { readonly name: string; readonly first: number; readonly last: number }

/** The name that ends at `index`, with the words of it that stand before: "Apache License". */
function readName({ tokens, taken }: Reading, index: number): Name | undefined {
  const token = tokens[index]
  if (!token || !isName(token) || taken.has(index)) return undefined
  let first = index
  while (first > 1 && index - first < 2) {
    const before = tokens[first - 1]
    if (!before || !/^\p{Lu}/u.test(before.text) || !isName(before) || taken.has(first - 1)) break
    if (PRODUCTS.has(token.lower)) break
    first -= 1
  }
  const name = tokens.slice(first, index + 1).map(({ text }) => text)
  return { name: name.join(' '), first, last: index }
}

function isName({ kind, text, lower }: Token): boolean {
  return kind === 'word' && !NO_NAMES.has(lower) && (/^\p{Lu}/u.test(text) || PRODUCTS.has(lower))
}

/** Words that stand before a number and are no product. */
const NO_NAMES = new Set(
  'a about above added after all and any appendix april are as at august before below by chapter clause days december default each february figure for from in increased is issue it its january july june level limit march max maximum may min minimum must node no not november october of on only or our over page part phase port rate release requires runs section september severity should since size slot step supports table than the this to under until up use uses version versions we when with'
    .split(' ')
    .filter((word) => !PRODUCTS.has(word)),
)

/** One version, or those of a list: "Java 8, 11 and 17". */
function readVersions(reading: Reading, name: Name): { values: Value[]; last: number } {
  const { tokens } = reading
  const values: Value[] = []
  let at = skipLabel(tokens, name.last + 1)
  let last = name.last
  let isFirst = true
  for (;;) {
    const version = readVersion(reading, at, { isFirst, name, label: at > name.last + 1 })
    if (!version) return { values, last }
    const first = isFirst ? name.first : at
    const normalized = normalize(
      [name.name, version.bound === '=' ? '' : version.bound, version.version].join(' '),
    )
    values.push({
      kind: 'version',
      ...take(reading, first, version.last),
      normalized,
      name: name.name,
      version: version.version,
      bound: version.bound,
    })
    last = version.last
    isFirst = false
    if (!['and', 'or', ',', '/', '–', '-', 'to'].includes(tokens[last + 1]?.lower ?? ''))
      return { values, last }
    at =
      last +
      (tokens[last + 1]?.text === ',' && ['and', 'or'].includes(tokens[last + 2]?.lower ?? '')
        ? 3
        : 2)
  }
}

function skipLabel(tokens: readonly Token[], index: number): number {
  const token = tokens[index]
  if (token && ['version', 'versions'].includes(token.lower)) {
    const link = tokens[index + 1]?.lower === 'is' ? index + 2 : index + 1
    return tokens[link]?.lower === 'now' ? link + 1 : link
  }
  const isPath = token?.text === '/' && token.isGlued && tokens[index + 1]?.isGlued
  return isPath && (tokens[index - 1]?.text.length ?? 0) > 1 ? index + 1 : index
}

type Found = { readonly version: string; readonly bound: Bound; readonly last: number }

function readVersion(
  { tokens, taken }: Reading,
  index: number,
  { isFirst, name, label }: { isFirst: boolean; name: Name; label: boolean },
): Found | undefined {
  const sign = SIGNS[tokens[index]?.text ?? '']
  const at = sign ? index + 1 : index
  const token = tokens[at]
  if (!token || taken.has(at)) return undefined
  const number =
    token.kind === 'number' ? token.text : /^v\d/.test(token.lower) ? token.text.slice(1) : ''
  if (!/^\d{1,5}(?:\.\d{1,5}){0,3}(?:\.x)?$/.test(number) && !(token.kind === 'word' && number))
    return undefined
  const last = skipSuffix(tokens, at)
  const plus = tokens[last + 1]
  const isPlus = plus?.text === '+' && plus.isGlued
  const after = boundAfter(tokens, last + 1)
  const isNamed = PRODUCTS.has(tokens[name.last]?.lower ?? '')
  const isVersion =
    isNamed || label || sign || token.kind === 'word' || number.includes('.') || isPlus || after
  const isGlued = tokens[at - 1]?.text === '/' // HTTP/1 requests
  const unit = isGlued ? undefined : readUnit(tokens, last + 1)
  if (!isVersion || (!isPlus && unit && (unit.isMeasured || (!isFirst && !isNamed))))
    return undefined
  const bound = sign ?? (isPlus ? '>=' : (after?.meaning ?? '='))
  return {
    version: tokens
      .slice(at, last + 1)
      .map(({ text }) => text)
      .join('')
      .replace(/^v/i, ''),
    bound,
    last: isPlus ? last + 1 : after ? after.next - 1 : last,
  }
}

/** 2.0.0-rc.1 */
function skipSuffix(tokens: readonly Token[], index: number): number {
  const [dash, suffix] = [tokens[index + 1], tokens[index + 2]]
  const isSuffix = dash?.text === '-' && dash.isGlued && suffix?.kind === 'word' && suffix.isGlued
  return isSuffix ? index + 2 : index
}

const SIGNS: Readonly<Record<string, Bound>> = {
  '>=': '>=',
  '≥': '>=',
  '>': '>',
  '<=': '<=',
  '≤': '<=',
  '<': '<',
}
