import { readdir, readFile } from 'node:fs/promises'
import { check } from 'recheck'
import { parseAst } from 'rolldown/parseAst'
import { beforeAll, describe, expect, test } from 'vitest'
import { readChunks } from './chunks.ts'
import { findBounds } from './rules/bounds.ts'
import { findDoubts } from './rules/doubts.ts'
import { findDates } from './rules/dates.ts'
import { findCertifications } from './rules/names.ts'
import { findPrices } from './rules/prices.ts'
import { findQuantities } from './rules/quantities.ts'
import { openReading, type Reading } from './rules/reading.ts'
import { readRequirement } from './rules/requirements.ts'
import { readStatement } from './rules/statements.ts'
import { findVersions } from './rules/versions.ts'

/** What a machine that is busy does slowly is no fault: recheck counts the characters that are read, and no time. */
const COUNTED = {
  attackTimeout: null,
  incubationTimeout: null,
  seedingTimeout: null,
  timeout: null,
}

/** No text may cost more than its length: an expression that backtracks freezes its worker for minutes. */
describe('every regular expression of the service', () => {
  const sources = new URL('../', import.meta.url)
  const patterns = new Map<string, { source: string; flags: string; file: string }>()
  const madeAtRunTime: string[] = []

  beforeAll(async () => {
    process.env['RECHECK_BACKEND'] = 'pure' // neither a JVM nor a binary for one platform
    const files = await readdir(sources, { recursive: true })
    for (const file of files.filter((one) => one.endsWith('.ts') && !one.endsWith('.test.ts'))) {
      const text = await readFile(new URL(file, sources), 'utf8')
      walk(parseAst(text, { lang: 'ts' }, file), (node) => {
        if (isLiteral(node)) {
          const { pattern: source, flags } = node.regex
          patterns.set(`/${source}/${flags}`, { source, flags, file })
        }
        if (isRegExp(node['callee'])) madeAtRunTime.push(file)
      })
    }
  })

  test('is written as a literal, so that this test sees it', () => {
    expect(patterns.size).toBeGreaterThan(20)
    expect(madeAtRunTime).toEqual([])
  })

  test('is linear', { tags: 'long' }, async () => {
    const faults = []
    for (const { source, flags, file } of patterns.values()) {
      const { status } = await check(source, flags, COUNTED)
      if (status !== 'safe') faults.push({ file, source, status })
    }
    expect(faults).toEqual([])
  })
})

describe('every rule, on texts that are made to slow it down', () => {
  const pieces = [
    '5-6 MB ', 'HTTP/2 ',
    '5 ', '1 111 ', '1,111', '1.', '-', '5 MB or ', '5/', '5 to ', 'from 1 to ', 'between 5 and ', '± 5 ',
    'max ', 'not more than ', 'limit of the ', 'at ', 'max. ', '>= ', '$', '$5 per ', '5 € / ', '5 per user ',
    '5 a ', 'Java 8, ', 'Java ', 'Apache License ', '1.2.3-rc', 'v1.', '3 May ', '2026-', 'ISO ', 'SOC 2 Type ',
    'GET `', 'GET /', 'must ', 'requires API5 ', 'for ', 'once a ', 'x', 'x_', 'x-', '°', '"', '(', '日', '😀',
  ] // prettier-ignore

  const marks = [
    '[a](',
    '![',
    '](',
    ']()[',
    '<a ',
    '<!--',
    '<a href="',
    '_',
    '__a',
    '*_`',
    '>',
    '- ',
    '- a\n',
    '1. a\n',
    '# a\n',
    '#',
    'a\n\n',
    '|a|b|\n',
    '|a|b|\n|-|-|\n|1|2|\n',
    '<div>\n',
    '<td>',
    '&nbsp;',
    'no. ',
    'http://a',
    '```\n',
    '    a\n',
    ' ',
    '\t',
    '\r',
  ]

  test.each([
    ['amounts, units and bounds', findQuantities],
    ['prices', findPrices],
    ['versions', findVersions],
    ['dates', findDates],
    ['certifications', findCertifications],
    ['requirements', readRequirement],
    ['bounds', ({ tokens }: Reading) => findBounds(tokens)],
    ['doubts', ({ plain, tokens }: Reading) => findDoubts(plain, tokens)],
  ])('%s: four times the text, four times the steps', (_, rule) => {
    const slow = pieces.filter((piece) => {
      const [few, many] = [1_000, 4_000].map((length) => countSteps(piece, length, rule))
      return (many ?? 0) > 5 * (few ?? 0) + 1_000
    })
    expect(slow).toEqual([])
  })

  test('a statement of a megabyte of all of them is read', { tags: 'long' }, () => {
    expect(readMegabyte(pieces)).toBeGreaterThan(1000)
  })

  test(
    'a document of a megabyte of all of them is read, and of marks of every kind',
    { tags: 'long' },
    () => {
      expect([chunkMegabyte(pieces), chunkMegabyte(marks)]).toEqual([true, true])
    },
  )

  test.runIf(isSoak)(
    'and so is a megabyte of each of them',
    () => {
      for (const piece of pieces) expect(readMegabyte([piece])).toBeGreaterThanOrEqual(0)
      for (const piece of [...pieces, ...marks]) expect(chunkMegabyte([piece])).toBe(true)
    },
    1_800_000,
  )

  test('reads the list item of the fault: no full stop, many words', async () => {
    const text = `- 5 MB ${'word and '.repeat(110)}`
    expect(
      readChunks(text.repeat(200), { maxTokens: 5000, overlapTokens: 200 }).length,
    ).toBeGreaterThan(1)
  })
})

/** How many values are found. */
function readMegabyte(pieces: readonly string[]): number {
  const text = repeat(pieces)
  const where = { start: 0, end: text.length, headingPath: [] }
  return readStatement({ ...where, text, plain: text, in: 'prose' }).values.length
}

/** Whether the chunks reach to the end. */
function chunkMegabyte(pieces: readonly string[]): boolean {
  const text = repeat(pieces)
  return readChunks(text, { maxTokens: 5000, overlapTokens: 200 }).at(-1)?.end === text.length
}

/** A megabyte of all pieces, each again and again before the next. */
function repeat(pieces: readonly string[]): string {
  const length = MEGABYTE / pieces.length
  return pieces.map((piece) => piece.repeat(length / piece.length)).join('')
}

const MEGABYTE = 1_000_000
const isSoak = process.env['SOAK'] === '1'

/** How often a rule looks at a token: what grows faster than the text does not depend on the machine. */
function countSteps(piece: string, length: number, rule: (reading: Reading) => unknown): number {
  let steps = 0
  const reading = openReading(piece.repeat(length / piece.length))
  const tokens = new Proxy(reading.tokens, {
    get(target, property, receiver): unknown {
      steps += 1
      return Reflect.get(target, property, receiver)
    },
  })
  rule({ ...reading, tokens })
  return steps
}

type Node = Readonly<Record<string, unknown>>
type Literal = { readonly regex: { readonly pattern: string; readonly flags: string } }

function walk(node: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(node)) node.forEach((one) => walk(one, visit))
  else if (typeof node === 'object' && node !== null) {
    visit(node as Node)
    walk(Object.values(node), visit)
  }
}

function isLiteral(node: unknown): node is Literal {
  return typeof node === 'object' && node !== null && 'regex' in node
}

function isRegExp(callee: unknown): boolean {
  return (
    typeof callee === 'object' && callee !== null && 'name' in callee && callee.name === 'RegExp'
  )
}
