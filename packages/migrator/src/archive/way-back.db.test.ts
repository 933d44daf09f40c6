import { isSoak, onEveryMajor, shareOut } from '@techfacts/postgres/testing'
import { appendFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { KINDS } from './tests/actions.ts'
import type { Case } from './tests/case.ts'
import { generate } from './tests/generate.ts'
import { isFault, play, type Verdict } from './tests/play.ts'
import { printScript } from './tests/print.ts'
import { reduce } from './tests/reduce.ts'
import { openStage, type Stage } from './tests/stage.ts'

/**
 * Whatever a way does: after `down` and `up`, or `up` and `down`, everything is as it was, or it was named and asked before.
 * PROPERTY_SEED begins elsewhere, PROPERTY_CASES plays more or fewer, PROPERTY_REPORT names a file that is
 * given every fault.
 */
const CASES = Number(process.env.PROPERTY_CASES ?? (isSoak ? 2000 : onEveryMajor ? 24 : 6))
const FIRST = Number(process.env.PROPERTY_SEED ?? 1)
const REPORT = process.env.PROPERTY_REPORT
const ALL_AT_ONCE = 3
const PROGRESS = 250
/** The soak may have to share its machine. */
const TIMEOUT_MS = isSoak ? 6 * 3_600_000 : 600_000
/** So many faults are made smaller; the others are told by their seeds. */
const REDUCED = Number(process.env.PROPERTY_REDUCED ?? 3)
const REDUCING_MS = 60_000

let stage: Stage
beforeAll(async () => {
  const server = inject('testServer')
  if (!server) throw new Error('No test server here.')
  stage = await openStage(server)
})
afterAll(() => stage.close())

interface Played {
  readonly given: Case
  readonly verdict: Verdict
}

test(
  'going back and forth loses nothing that was not asked',
  async () => {
    const started = performance.now()
    const seeds = [...shareOut(Array.from({ length: CASES }, (_, n) => FIRST + n))]
    const played: Played[] = []
    const worker = async () => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        const given = generate(seed)
        const verdict = await play(stage, given)
        played.push({ given, verdict })
        // At once, since the whole may take hours.
        if (isToMend({ given, verdict })) console.log(inShort({ given, verdict }))
        if (played.length % PROGRESS === 0)
          console.log(figures(played, performance.now() - started))
      }
    }
    await Promise.all(Array.from({ length: ALL_AT_ONCE }, worker))
    console.log(figures(played, performance.now() - started))
    const faults = played.filter(isToMend)
    const scripts = await Promise.all(faults.slice(0, REDUCED).map(shortest))
    const others = faults.slice(REDUCED).map(inShort)
    if (REPORT !== undefined) await appendFile(REPORT, `${[...scripts, ...others].join('\n\n')}\n`)
    expect([...scripts, ...others].join('\n\n')).toBe('')
  },
  TIMEOUT_MS,
)

/**
 * What is named and asked before, kept and reported, and not restored by itself: the text of a label that has been
 * renamed since, and rows that break a constraint which nobody has validated. And what was seeded and removed by
 * hand is seeded again.
 */
const KNOWN: readonly (readonly [kind: string, ending: string])[] = [
  ['RENAME VALUE', 'not restored'],
  ['rows against NOT VALID', 'not restored'],
  ['seeded rows deleted', 'rows too many'],
]

function isToMend({ given, verdict }: Played): boolean {
  return isFault(verdict) && !isKnown(given, verdict)
}

function inShort({ given, verdict }: Played): string {
  return `${given.name}${given.isMirrored ? ', mirrored' : ''}: ${verdict.ending}; ${given.kinds.join(', ')}`
}

function isKnown({ kinds }: Case, { ending, losses }: Verdict): boolean {
  const isNamed = ending === 'rows too many' || losses.length > 0
  return isNamed && KNOWN.some(([kind, of]) => kinds.includes(kind) && ending === of)
}

async function shortest({ given, verdict }: Played): Promise<string> {
  const { ending } = verdict
  let last = verdict
  const smallest = await reduce(
    given,
    async (smaller) => {
      const now = await play(stage, smaller)
      if (now.ending === ending) last = now
      return now.ending === ending
    },
    REDUCING_MS,
  )
  return printScript(smallest, last, inject('postgresMajor') ?? 18)
}

function figures(played: readonly Played[], milliseconds: number): string {
  const endings = counts(played.map(({ verdict }) => verdict.ending))
  const kinds = counts(played.flatMap(({ given }) => given.kinds))
  const losses = played.flatMap(({ verdict }) => verdict.losses)
  const unknown = losses.filter((loss) => loss.endsWith(' unknown'))
  const restored = played.filter(
    ({ verdict }) => verdict.ending === 'equal' && verdict.losses.length > 0,
  )
  const kindsOf = (ending: Verdict['ending']) =>
    counts(
      played.filter(({ verdict }) => verdict.ending === ending).flatMap(({ given }) => given.kinds),
    )
  const missing = KINDS.filter((kind) => !kinds.has(kind))
  const invalid = counts(
    played
      .filter(({ verdict }) => verdict.ending === 'invalid')
      .flatMap(({ verdict }) => (verdict.says[0] ?? '').split(/[:,]/).slice(0, 2).join(':')),
  )
  return [
    `${played.length} cases in ${Math.round(milliseconds / 1000)} s: ${show(endings)}`,
    `${kinds.size} kinds of statement: ${show(kinds)}`,
    ...(missing.length > 0 ? [`not met: ${missing.join('; ')}`] : []),
    `${losses.length} losses named, ${unknown.length} of them as unknown; restored in ${restored.length} cases`,
    ...(['asked', 'kept', 'refused'] as const).map(
      (ending) => `${ending}: ${show(kindsOf(ending))}`,
    ),
    `invalid: ${show(invalid)}`,
  ].join('\n')
}

function counts(all: readonly string[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const one of all) found.set(one, (found.get(one) ?? 0) + 1)
  return new Map([...found].toSorted(([, a], [, b]) => b - a))
}

function show(found: ReadonlyMap<string, number>): string {
  return [...found].map(([what, count]) => `${what} ${count}`).join(', ')
}
