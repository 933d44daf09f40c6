import type { Random } from './random.ts'

/** The values of a type without parts, as texts. */
export interface BaseValues {
  /** What a conversion may spoil: the extremes, and what is special. */
  readonly edges: readonly string[]
  /** An ordinary one. */
  readonly draw: (random: Random) => string
}

/** By the name in `pg_type`. `size` is what is written in parentheses after it. */
export function findBaseValues(name: string, size: readonly number[]): BaseValues | undefined {
  const [first, second] = size
  if (name === 'numeric' && first !== undefined) return toNumeric(first, second ?? 0)
  if (name === 'varchar' && first !== undefined) return toText(first)
  if (name === 'bpchar') return toText(first ?? 1)
  if (name === 'bit') return toBits(first ?? 1, first ?? 1)
  if (name === 'varbit') return toBits(0, first ?? 70)
  return BASES[name]
}

const WORDS =
  'anchor birch copper delta ember falcon garnet harbor island jasmine kernel lumen meadow nectar orbit'.split(
    ' ',
  )

/** What texts often hold: words, and what a CHECK may ask for. */
const TEXTS: readonly ((random: Random) => string)[] = [
  (r) => `${r.pick(WORDS)} ${r.int(1, 99_999)}`,
  (r) => `${r.pick(WORDS)}${r.int(1, 99_999)}`,
  (r) => `${r.pick(WORDS)}-${r.pick(WORDS)}-${r.int(1, 9999)}`,
  (r) => `${r.pick(WORDS)}.${r.int(1, 99_999)}@example.com`,
  (r) => `https://example.com/${r.pick(WORDS)}/${r.int(1, 99_999)}`,
  (r) => String(r.int(1, 999_999)),
  (r) => `+49 30 ${r.int(100_000, 9_999_999)}`,
  (r) => hex(r, 32),
  (r) => r.pick(WORDS).slice(0, r.int(1, 3)).toUpperCase(),
]

const LONG = Array.from({ length: 150 }, (_, i) => WORDS[(i * i) % WORDS.length]).join(' ')

const AWKWARD_TEXTS = [
  '',
  ' ',
  "it's",
  '\\',
  '"q" \\"',
  'NULL',
  'é😀\u0301',
  '{a,b}',
  'two\nlines\tand a tab',
  '%_$1 %s',
  '<a href="x">&amp;</a>',
]

function toText(longest?: number): BaseValues {
  const cut = (text: string) => Array.from(text).slice(0, longest).join('')
  const longestOf = (piece: string) =>
    longest === undefined ? [] : [piece.repeat(Math.min(longest, 10_000))]
  return {
    edges: [...AWKWARD_TEXTS.map(cut), cut(LONG), ...longestOf('x'), ...longestOf('ü')],
    draw: (random) => cut(random.pick(TEXTS)(random)),
  }
}

function toNumeric(precision: number, scale: number): BaseValues {
  // A scale may be negative, or larger than the precision.
  const whole = Math.max(precision - scale, 0)
  const shift = (digits: string) => (scale === 0 ? digits : `${digits}e${-scale}`)
  const most = shift('9'.repeat(precision))
  return {
    edges: ['0', most, `-${most}`, shift('1'), shift('-1'), 'NaN'],
    draw: (random) => {
      const digits = random.int(1, Math.max(1, Math.min(precision, whole + 2, 8)))
      return shift(String(random.int(0, 10 ** digits - 1)))
    },
  }
}

function toBits(from: number, to: number): BaseValues {
  const draw = (random: Random) =>
    random.times(from, Math.min(to, Math.max(from, 12)), () => String(random.int(0, 1))).join('')
  return { edges: ['0'.repeat(from), '1'.repeat(to)], draw }
}

function whole(least: string, most: string, to: number): BaseValues {
  const draw = (random: Random) => String(random.int(1, random.chance(0.5) ? 100 : to))
  return { edges: ['0', '-1', '1', least, most], draw }
}

function floating(...edges: string[]): BaseValues {
  return {
    edges: ['0', '-0', '0.1', 'NaN', 'Infinity', '-Infinity', ...edges],
    draw: (random) =>
      String(random.chance(0.5) ? random.int(0, 1000) / 1000 : random.int(-10_000, 10_000) / 8),
  }
}

const hex = (random: Random, length: number) =>
  Array.from({ length }, () => random.int(0, 15).toString(16)).join('')

const two = (number: number) => String(number).padStart(2, '0')

const date = (r: Random) => `${r.int(1990, 2035)}-${two(r.int(1, 12))}-${two(r.int(1, 28))}`

const time = (r: Random) => `${two(r.int(0, 23))}:${two(r.int(0, 59))}:${two(r.int(0, 59))}`

const point = (r: Random) => `(${r.int(-90, 90)},${r.int(-900, 900) / 10})`

const address = (r: Random) => `10.${r.int(0, 255)}.${r.int(0, 255)}.${r.int(1, 254)}`

const json = (r: Random) =>
  r.pick([
    () => `{"${r.pick(WORDS)}": ${r.int(0, 999)}, "list": [1, "${r.pick(WORDS)}", null]}`,
    () => `["${r.pick(WORDS)}", ${r.int(0, 999)}]`,
    () => `{"id": ${r.int(1, 99_999)}}`,
  ])()

const AWKWARD_JSON = ['{}', '[]', 'null', '""', '0', 'true', '{"": [{"a": "\\"\\\\é"}], "n": 1.10}']

const values = (edges: readonly string[], draw?: (random: Random) => string): BaseValues => ({
  edges,
  draw: draw ?? ((random) => random.pick(edges)),
})

const BASES: Readonly<Record<string, BaseValues>> = {
  bool: values(['t', 'f']),
  int2: whole('-32768', '32767', 30_000),
  int4: whole('-2147483648', '2147483647', 1_000_000_000),
  int8: whole('-9223372036854775808', '9223372036854775807', 1_000_000_000_000),
  numeric: floating('1e40', '0.10', '-0.000000000000000000001', '12345678901234567890.123'),
  float4: floating('1e-40', '16777217', '3.4e38'),
  float8: floating('5e-324', '0.30000000000000004', '1e300'),
  text: toText(),
  varchar: toText(),
  citext: toText(),
  name: toText(20),
  char: values(['x', '', '"'], (r) => r.pick('abcdefgh'.split(''))),
  bytea: values(['\\x', '\\x00ff5c27', '\\xdeadbeef'], (r) => `\\x${hex(r, 2 * r.int(1, 16))}`),
  date: values(
    ['2024-02-29', 'infinity', '-infinity', '0044-03-15 BC', '5874897-12-31', '1970-01-01'],
    date,
  ),
  time: values(['00:00', '24:00:00', '23:59:59.999999'], time),
  timetz: values(['12:00:00+05:45', '00:00:00-12', '24:00:00+00'], (r) => `${time(r)}+00`),
  timestamp: values(
    ['2026-03-29 02:30:00', 'infinity', '-infinity', '0001-01-01 00:00 BC', '294276-12-31 23:59'],
    (r) => `${date(r)} ${time(r)}`,
  ),
  timestamptz: values(
    ['2026-10-25 00:30:00.123456+00', 'infinity', '-infinity', '0001-01-01 00:00+00 BC'],
    (r) => `${date(r)} ${time(r)}+00`,
  ),
  interval: values(
    ['0', '1 year -2 days 03:04:05.678', '-1 mon +1 day -00:00:01', '100000 years'],
    (r) => `${r.int(0, 400)} days ${time(r)}`,
  ),
  json: values([...AWKWARD_JSON, '{"b": 1,  "a": [null], "b": 2}'], json),
  jsonb: values(AWKWARD_JSON, json),
  jsonpath: values(['$', '$.a[*] ? (@ > 1)'], (r) => `$.${r.pick(WORDS)}`),
  uuid: values(
    ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
    (r) => `${hex(r, 8)}-${hex(r, 4)}-4${hex(r, 3)}-a${hex(r, 3)}-${hex(r, 12)}`,
  ),
  inet: values(['10.0.0.1/8', '::1', '2001:db8::/32', '0.0.0.0/0'], address),
  cidr: values(['10.0.0.0/8', '::/0', '2001:db8::/32'], (r) =>
    r.pick([
      `${address(r)}/32`,
      `10.${r.int(0, 255)}.${r.int(0, 255)}.0/24`,
      `10.${r.int(0, 255)}.0.0/16`,
    ]),
  ),
  macaddr: values(
    ['08:00:2b:01:02:03', 'ff:ff:ff:ff:ff:ff'],
    (r) => `08:00:2b:${two(r.int(0, 99))}:${two(r.int(0, 99))}:${two(r.int(0, 99))}`,
  ),
  macaddr8: values(
    ['08:00:2b:01:02:03:04:05'],
    (r) => `08:00:2b:01:${two(r.int(0, 99))}:${two(r.int(0, 99))}:04:${two(r.int(0, 99))}`,
  ),
  tsvector: values(["fat:2,4A cat:3 'o''clock'", ''], (r) => `${r.pick(WORDS)}:${r.int(1, 99)}`),
  tsquery: values(['fat & !cat', ''], (r) => `${r.pick(WORDS)} | ${r.pick(WORDS)}`),
  money: values(
    ['0', '-0.01', '92233720368547758.07'],
    (r) => `${r.int(0, 9999)}.${two(r.int(0, 99))}`,
  ),
  point: values(['(NaN,0)', '(0.1,-2)', '(Infinity,1e-300)'], point),
  line: values(['{1,-1,0}'], (r) => `{${r.int(1, 9)},${r.int(-9, 9)},${r.int(-9, 9)}}`),
  lseg: values(['[(0,0),(0,0)]'], (r) => `[${point(r)},${point(r)}]`),
  box: values(['(0,0),(0,0)'], (r) => `${point(r)},${point(r)}`),
  path: values(['[(0,0)]', '((0,0),(1,1))'], (r) => `[${point(r)},${point(r)},${point(r)}]`),
  polygon: values(['((0,0))'], (r) => `(${point(r)},${point(r)},${point(r)})`),
  circle: values(['<(0,0),0>'], (r) => `<${point(r)},${r.int(1, 99)}>`),
  xml: values(['<a b="1">x</a>', 'text only', '<a/><b/>'], (r) => `<a>${r.pick(WORDS)}</a>`),
  oid: values(['0', '4294967295'], (r) => String(r.int(1, 99_999))),
  xid: values(['0', '4294967295'], (r) => String(r.int(3, 99_999))),
  xid8: values(['0', '18446744073709551615'], (r) => String(r.int(3, 99_999))),
  cid: values(['0', '4294967295'], (r) => String(r.int(1, 99_999))),
  tid: values(['(0,0)'], (r) => `(${r.int(0, 999)},${r.int(1, 99)})`),
  pg_lsn: values(['0/0', 'FFFFFFFF/FFFFFFFF'], (r) => `${hex(r, 3)}/${hex(r, 6)}`),
  pg_snapshot: values(['10:20:10,14,15', '1:1:']),
  txid_snapshot: values(['10:20:10,14,15', '1:1:']),
  regclass: values(['pg_catalog.pg_class', 'pg_catalog.pg_type']),
  regtype: values(['pg_catalog.int4', 'pg_catalog.text']),
  regproc: values(['pg_catalog.now', 'pg_catalog.pi']),
  regprocedure: values(['pg_catalog.now()', 'pg_catalog.length(pg_catalog.text)']),
  regoper: values(['pg_catalog.||/', 'pg_catalog.|/']),
  regoperator: values([
    'pg_catalog.||/(NONE,pg_catalog.float8)',
    'pg_catalog.|/(NONE,pg_catalog.float8)',
  ]),
  regnamespace: values(['pg_catalog', 'information_schema']),
  regrole: values(['pg_monitor', 'pg_read_all_data']),
  regconfig: values(['pg_catalog.simple', 'pg_catalog.english']),
  regdictionary: values(['pg_catalog.simple', 'pg_catalog.english_stem']),
  regcollation: values(['pg_catalog."C"', 'pg_catalog."POSIX"']),
  aclitem: values(['pg_monitor=r/pg_monitor', 'pg_monitor=w*/pg_monitor']),
  hstore: values(
    ['', '"a b"=>NULL, "c"=>"d,e"'],
    (r) => `"${r.pick(WORDS)}"=>"${r.int(1, 9999)}", "x"=>"${r.pick(WORDS)}"`,
  ),
  ltree: values(['', 'Top.Science'], (r) => `${r.pick(WORDS)}.${r.pick(WORDS)}.${r.int(1, 999)}`),
}

/** What the input of a type that is not listed may read. */
export const GUESSES = [
  '1',
  '0',
  'a',
  '',
  '{}',
  '[1,2,3]',
  '(1,2)',
  '1,2',
  '2020-01-01',
  'a.b',
  '<a/>',
  '9780393040029',
]
