import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { readChunks } from './chunks.ts'
import { rulesExtractor } from './rules/rules-extractor.ts'
import { normalize, type Value } from './rules/values.ts'

/** How well the rules read apps/pipeline/corpus. The rules are tuned on the one part and judged by the other. */
const FOLDER = new URL('../../corpus/', import.meta.url)
const LEAST = { precision: 0.85, recall: 0.7 }
/** What the pipeline stores where nothing else is configured. */
const THRESHOLD = 0.5
const BIN = { width: 0.1, fewest: 8, tolerance: 0.1 }

const label = z.strictObject({
  name: z.string().optional(),
  version: z.string().optional(),
  date: z.string().optional(),
  number: z.number().optional(),
  to: z.number().optional(),
  unit: z.string().optional(),
  bound: z.enum(['<', '<=', '=', '>=', '>', 'range']).optional(),
  period: z.string().optional(),
})
const sentence = z.discriminatedUnion('fact', [
  z.strictObject({ text: z.string(), fact: z.literal(false) }),
  z.strictObject({
    text: z.string(),
    fact: z.literal(true),
    kind: z.string(),
    values: z.array(label).min(1),
  }),
])
type Label = z.infer<typeof label>

/** What the rules make of a sentence: a fact is right if its kind and each of its values is. */
type Judged = {
  readonly document: string
  readonly isHeldOut: boolean
  readonly text: string
  readonly isFact: boolean
  readonly confidence: number | undefined
  readonly isRight: boolean
}

const judged = await judgeAll()
const heldOut = judged.filter((one) => one.isHeldOut)
const tuning = judged.filter((one) => !one.isHeldOut)

test('has at least 200 sentences of 20 kinds of documents, each once, a third of them held out', () => {
  expect(new Set(judged.map(({ text }) => text)).size).toBe(judged.length)
  expect(judged.length).toBeGreaterThanOrEqual(200)
  expect(new Set(judged.map(({ document }) => document)).size).toBeGreaterThanOrEqual(20)
  expect(heldOut.length / judged.length).toBeGreaterThan(0.25)
})

test('finds what the sentences that it was not tuned on state', () => {
  for (const [part, sentences] of Object.entries({ tuning, 'held out': heldOut })) {
    console.log(`${part}: ${describeScores(sentences)}`)
    for (const [document, own] of Map.groupBy(sentences, ({ document }) => document)) {
      console.log(`  ${document}: ${describeScores(own)}`)
    }
  }
  expect(score(heldOut).precision).toBeGreaterThanOrEqual(LEAST.precision)
  expect(score(heldOut).recall).toBeGreaterThanOrEqual(LEAST.recall)
})

test('its confidence is how often it is right', () => {
  for (const [part, sentences] of Object.entries({ tuning, 'held out': heldOut })) {
    const bins = readBins(sentences)
    for (const { from, count, said, right } of bins) {
      console.log(
        `${part}: confidence from ${from.toFixed(1)}: ${count} facts, said ${percent(said)}, right ${percent(right)}`,
      )
    }
    const off = bins.filter(
      ({ count, said, right }) =>
        count >= BIN.fewest && Math.abs(said - right) > BIN.tolerance + Number.EPSILON,
    )
    expect([part, off]).toEqual([part, []])
  }
})

async function judgeAll(): Promise<Judged[]> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.jsonl')).toSorted()
  const all: Judged[] = []
  for (const file of files) {
    const lines = (await readFile(new URL(file, FOLDER), 'utf8')).trimEnd().split('\n')
    for (const line of lines) {
      const labelled = sentence.parse(JSON.parse(line))
      all.push({ document: file.slice(0, -'.jsonl'.length), ...(await judge(labelled)) })
    }
  }
  return all
}

async function judge(labelled: z.infer<typeof sentence>): Promise<Omit<Judged, 'document'>> {
  const { text, fact: isFact } = labelled
  const isHeldOut = (createHash('sha256').update(text).digest()[0] ?? 0) % 3 === 0
  const found = await extract(text)
  const [fact] = found
  const expected = labelled.fact ? [labelled.kind, labelled.values.map(comparable).toSorted()] : []
  const values = (fact?.data['values'] ?? []) as Value[]
  const actual = [fact?.type, values.map((value) => comparable(toLabel(value))).toSorted()]
  const isRight = found.length === 1 && JSON.stringify(actual) === JSON.stringify(expected)
  return { text, isHeldOut, isFact, confidence: fact?.confidence, isRight }
}

async function extract(content: string) {
  const profile = {
    name: 'general',
    categories: ['general'],
    promptFocus: '',
    depth: 'comprehensive',
    customInstructions: null,
  } as const
  const request = { content, profile, extractionSchema: {}, entityTypes: [] }
  const facts = []
  for (const chunk of readChunks(content, { maxTokens: 5000, overlapTokens: 200 })) {
    facts.push(...(await rulesExtractor.extract(chunk, request, AbortSignal.timeout(10_000))))
  }
  return facts
}

/** Of a standard or an endpoint the corpus names what it is, of a version also which. */
function toLabel({ kind, normalized, name, ...value }: Value): Label {
  if (['certification', 'requirement', 'endpoint'].includes(kind)) return { name: normalized }
  return { ...value, name }
}

function comparable({ name, ...rest }: Label): string {
  const { version, date, number, to, unit, bound, period } = rest
  return JSON.stringify([name && normalize(name), version, date, number, to, unit, bound, period])
}

function score(sentences: readonly Judged[]) {
  const stored = sentences.filter(({ confidence }) => (confidence ?? 0) >= THRESHOLD)
  const right = stored.filter(({ isRight }) => isRight).length
  const facts = sentences.filter(({ isFact }) => isFact).length
  const detected = stored.filter(({ isFact }) => isFact).length
  return {
    precision: right / stored.length,
    recall: right / facts,
    detected: { precision: detected / stored.length, recall: detected / facts },
  }
}

function describeScores(sentences: readonly Judged[]): string {
  const { precision, recall, detected } = score(sentences)
  return `${sentences.length} sentences, precision ${percent(precision)}, recall ${percent(recall)} (as fact or not: ${percent(detected.precision)}, ${percent(detected.recall)})`
}

function percent(share: number): string {
  return Number.isNaN(share) ? '-' : `${Math.round(share * 100)} %`
}

function readBins(sentences: readonly Judged[]) {
  const found = sentences.flatMap(({ confidence, isRight }) =>
    confidence === undefined ? [] : [{ confidence, isRight: Number(isRight) }],
  )
  const bins = Map.groupBy(found, ({ confidence }) =>
    Math.min(9, Math.floor(confidence * 10 + 1e-9)),
  )
  return [...bins]
    .toSorted(([a], [b]) => a - b)
    .map(([bin, own]) => ({
      from: bin * BIN.width,
      count: own.length,
      said: mean(own.map(({ confidence }) => confidence)),
      right: mean(own.map(({ isRight }) => isRight)),
    }))
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}
