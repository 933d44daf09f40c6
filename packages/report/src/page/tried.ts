import type { VerifiedMigration, WordStep } from '@techfacts/migrator'
import { html, type Html } from './html.ts'
import { count, duration, renderName, renderSteps } from './words.ts'

type Fault = VerifiedMigration['faults'][number]

/** What was tried with a migration, and what came of it. */
export function renderTried(verified: VerifiedMigration, word: WordStep): Html {
  const { faults, unproved, stall } = verified
  return html`<section>
    <h3>What was tried</h3>
    <ul class="tried">
      ${STEPS.map((step) => renderStep(step, verified))}
      <li>
        <span class="sign ${stall ? 'plain' : 'fair'}" aria-hidden="true"
          >${stall ? '↔' : '–'}</span
        >
        <strong>beside others</strong>
        <span
          >${
            stall
              ? html`at worst a reader waited <b>${duration(stall.reader)}</b>, a writer
                  <b>${duration(stall.writer)}</b>`
              : 'not tried'
          }</span
        >
      </li>
    </ul>
    ${faults.map((fault) => renderFault(fault, word))}
    ${unproved.map(
      ({ object, reason, next = [] }) =>
        html`<div class="note fair">
          <h4><span class="chip fair">unproved</span> ${renderName(object)}</h4>
          <p>${reason}</p>
          ${renderSteps(next, word)}
        </div>`,
    )}
  </section>`
}

const STEPS = ['up', 'down', 'up again'] as const

const HELD: Readonly<Record<(typeof STEPS)[number], string>> = {
  up: 'the schema is the recorded one, every row is accounted for, locks are those that are said',
  down: 'schema and rows are those of before',
  'up again': 'schema and rows are those of the first time',
}

function renderStep(step: (typeof STEPS)[number], verified: VerifiedMigration): Html {
  const [tone, sign, text] = judgeStep(step, verified)
  return html`<li>
    <span class="sign ${tone}" aria-hidden="true">${sign}</span>
    <strong>${step}</strong>
    <span>${text}</span>
  </li>`
}

function judgeStep(
  step: (typeof STEPS)[number],
  { faults, unproved, noWayBack }: VerifiedMigration,
): readonly [tone: string, sign: string, text: string] {
  const own = faults.filter((fault) => fault.step === step)
  if (own.length > 0) return ['bad', '✕', count(own.length, 'fault')]
  if (faults.some(({ cause }) => cause === 'does-not-run'))
    return ['fair', '–', 'not all of it was tried, since the migration does not run']
  if (step !== 'up' && noWayBack !== undefined)
    return ['fair', '–', `not tried: there is no way back: ${noWayBack}`]
  const but = unproved.length > 0 ? ', but for what is unproved' : ''
  return ['good', '✓', `${HELD[step]}${but}`]
}

function renderFault(
  { step, cause, object, said, happened, advice, next = [] }: Fault,
  word: WordStep,
): Html {
  return html`<div class="note bad">
    <h4><span class="chip bad">${step}: ${cause}</span> ${renderName(object)}</h4>
    <dl>
      <dt>said</dt>
      <dd>${said}</dd>
      <dt>happened</dt>
      <dd>${happened.trimEnd()}</dd>
      <dt>do</dt>
      <dd>${advice}${renderSteps(next, word)}</dd>
    </dl>
  </div>`
}
