import type { DescribedMigration, VerifiedMigration, WordStep } from '@techfacts/migrator'
import { html, type Html } from './html.ts'
import { renderSql } from './sql.ts'
import { renderBody, type Sizes } from './statements.ts'
import { renderTried } from './tried.ts'
import {
  duration,
  renderName,
  renderPhaseName,
  renderSign,
  renderVerdict,
  type Verdict,
} from './words.ts'

/** A migration, with what was found of it where it was reached. */
export interface Chapter {
  readonly described: DescribedMigration
  readonly verified: VerifiedMigration | undefined
  readonly id: string
  /** Where a real database was asked. */
  readonly sizes?: Sizes
}

export function verdictOf({ verified }: Chapter): Verdict {
  return verified?.verdict ?? 'not reached'
}

/** All that there is to say of one migration. */
export function renderChapter(chapter: Chapter, word: WordStep): Html {
  const { described, verified, id } = chapter
  return html`<article id="${id}" aria-labelledby="${id}-name">
    <header>
      <h2 id="${id}-name">${renderSign(verdictOf(chapter))} ${renderName(described.name)}</h2>
      <p class="chips">
        ${renderVerdict(verdictOf(chapter))} ${renderPhaseName(described.phase)}
        ${verified && html`<span class="dim">tried in ${duration(verified.milliseconds)}</span>`}
      </p>
      ${renderPhase(described)}
    </header>
    ${
      verified
        ? renderTried(verified, word)
        : html`<p>It was not tried, since a migration before it does not run.</p>`
    }
    <section>
      <h3>Statements</h3>
      ${renderBody(described.up, chapter.sizes)}
    </section>
    ${renderHazards(described)} ${renderChecks('Before it runs', described.requires)}
    ${renderChecks('After it has run', described.ensures)} ${renderRollback(chapter)}
  </article>`
}

function renderPhase({ phase, breaks, phaseException }: DescribedMigration): Html {
  if (phaseException !== undefined)
    return html`<p>
      The previous release works on beside it, although it ${breaks.join(', and it ')}:
      ${phaseException}
    </p>`
  if (phase === 'expand')
    return html`<p>The previous release of the application works on beside it.</p>`
  return html`<p>The previous release of the application may break beside it:</p>
    <ul>
      ${(breaks.length > 0 ? breaks : ['states so']).map((one) => html`<li>it ${one}</li>`)}
    </ul>`
}

function renderHazards({ hazards, allow }: DescribedMigration): Html | undefined {
  const allowed = Object.entries(allow)
  if (hazards.length === 0 && allowed.length === 0) return undefined
  return html`<section>
    <h3>Hazards</h3>
    <ul class="hazards">
      ${hazards.map(
        ({ level, says, instead, rule, line }) =>
          html`<li>
            <span class="chip ${level === 'error' ? 'bad' : 'fair'}">${level}</span>
            <span>${says} <span class="dim">${instead}</span></span>
            <span class="dim rule">${rule}, line ${line}</span>
          </li>`,
      )}
      ${allowed.map(
        ([rule, why]) =>
          html`<li>
            <span class="chip plain">allowed</span>
            <span>${why}</span>
            <span class="dim rule">${rule}</span>
          </li>`,
      )}
    </ul>
  </section>`
}

function renderChecks(title: string, checks: DescribedMigration['requires']): Html | undefined {
  if (checks.length === 0) return undefined
  return html`<section>
    <h3>${title}</h3>
    ${checks.map(
      ({ says, query }) =>
        html`<div class="check">
          <p>${says}</p>
          <pre><code>${renderSql(query)}</code></pre>
        </div>`,
    )}
  </section>`
}

function renderRollback({ described, verified }: Chapter): Html {
  const { down, downLoses, downRequires } = described
  const notRestored = verified?.notRestored ?? []
  return html`<section>
    <h3>Rollback</h3>
    ${
      downLoses.length > 0
        ? html`<p>It takes away:</p>
            <ul>
              ${downLoses.map((one) => html`<li>${one}</li>`)}
            </ul>`
        : down.kind === 'sql' && html`<p>By its text it takes no rows and no values away.</p>`
    }
    ${notRestored.length > 0 && html`<p>It does not restore ${notRestored.join(', ')}, which <code>up</code> overwrites or deletes.</p>`}
    ${renderChecks('Before it is reverted', downRequires)}
    ${
      down.kind === 'sql'
        ? html`<details>
            <summary>Statements of the way back</summary>
            ${renderBody(down)}
          </details>`
        : renderBody(down)
    }
  </section>`
}
