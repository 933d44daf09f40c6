import type {
  DescribedMigration,
  NextStep,
  Proof,
  VerifiedMigration,
  VerifyReport,
  WordStep,
} from '@techfacts/migrator'
import { html, type Html } from './html.ts'

export type Verdict = VerifiedMigration['verdict'] | 'not reached'

/** How a verdict looks: a colour, and a sign for those who do not see it. */
export const TONES: Readonly<Record<Verdict, 'good' | 'fair' | 'bad'>> = {
  holds: 'good',
  unproved: 'fair',
  faulty: 'bad',
  'not reached': 'bad',
}

const SIGNS = { good: '✓', fair: '?', bad: '✕' } as const

export function renderSign(verdict: Verdict): Html {
  const tone = TONES[verdict]
  return html`<span class="sign ${tone}" aria-hidden="true">${SIGNS[tone]}</span>`
}

export function renderVerdict(verdict: Verdict): Html {
  return html`<span class="chip ${TONES[verdict]}">${verdict}</span>`
}

export function renderPhaseName(phase: DescribedMigration['phase']): Html {
  return html`<span class="chip ${phase === 'contract' ? 'fair' : 'plain'}">${phase}</span>`
}

/** The gravest of all, and what it comes to in a sentence or two. What a real database refuses is not proved either. */
export function judge({ report, against }: Proof): readonly [Verdict, string] {
  const [verdict, sentence] = judgeTried(report)
  const refusal = against?.refusal
  if (refusal === undefined) return [verdict, sentence]
  return [verdict === 'holds' ? 'unproved' : verdict, `${sentence} ${refusal}`]
}

function judgeTried({ migrations, unreached }: VerifyReport): readonly [Verdict, string] {
  const all = count(migrations.length + unreached.length, 'migration')
  const faults = migrations.reduce((sum, { faults: own }) => sum + own.length, 0)
  const unproved = migrations.filter(({ verdict }) => verdict === 'unproved').length
  if (migrations.length === 0 && unreached.length === 0)
    return ['holds', 'No migration to verify: all are released.']
  if (faults > 0) return ['faulty', `Not as they say: ${count(faults, 'fault')} in ${all}.`]
  if (unreached.length > 0)
    return ['not reached', `Not tried: ${unreached.length} of ${all} were not reached.`]
  return unproved > 0
    ? ['unproved', `Unproved: ${unproved} of ${all}.`]
    : ['holds', `Verified: ${all}.`]
}

/** A name of many words without blanks may break after each of them. */
export function renderName(name: string): Html {
  const words = name.split(/(?<=[_.])(?=.)/)
  return html`<bdi>${words.map((one, i) => (i === 0 ? one : html`<wbr />${one}`))}</bdi>`
}

export function renderSteps(steps: readonly NextStep[], word: WordStep): Html[] {
  return steps.flatMap((step) => {
    const line = 'sql' in step ? step.sql : word(step)
    const verb = 'setting' in step ? 'set' : 'run'
    return line === undefined ? [] : [html`<p>${step.why}, ${verb}: <code>${line}</code></p>`]
  })
}

export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`
}

/** `480 ms`, `3.4 s`. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}
