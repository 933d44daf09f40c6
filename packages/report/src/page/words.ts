import type { DescribedMigration, NextStep, Proof, WordStep } from '@techfacts/migrator'
import { html, type Html } from './html.ts'

export type Verdict = Proof['judgement']['verdict']

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
