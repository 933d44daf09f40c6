import type { DescribedMigration, Proof } from '@techfacts/migrator'
import { html, type Html } from './html.ts'
import { renderSql } from './sql.ts'
import { renderName } from './words.ts'

type Body = DescribedMigration['up']
type Segment = Extract<Body, { readonly kind: 'sql' }>['segments'][number]
type Statement = Segment['statements'][number]
type Lock = Statement['locks'][number]

/** How large what a migration locks is in a real database. */
export interface Sizes {
  readonly server: string
  readonly statements: NonNullable<Proof['against']>['sizes']
}

/** The statements of a body by what is all or nothing, each with what it locks. */
export function renderBody(body: Body, sizes?: Sizes): Html {
  if (body.kind === 'code') return html`<p>It is code: what it runs and locks is in its source.</p>`
  if (body.kind === 'none') return html`<p>There is none: ${body.reason}</p>`
  return html`<ol class="segments">
    ${body.segments.map((one) => renderSegment(one, sizes))}
  </ol>`
}

function renderSegment({ mode, statements }: Segment, sizes: Sizes | undefined): Html {
  const where = mode === 'outside' ? 'outside a transaction' : 'one transaction'
  return html`<li>
    <p class="where">${where}</p>
    ${statements.map((one) => renderStatement(one, sizes))}
  </li>`
}

/** Longer ones are folded. */
const MOST_LINES = 24

/** What is longer has data in it, which a page is no place for. */
const MOST_CHARACTERS = 20_000

function renderStatement(
  { sql, locks, hasUnknownLocks }: Statement,
  sizes: Sizes | undefined,
): Html {
  const there = sizes?.statements.find((one) => one.sql === sql)
  const lines = sql.split('\n')
  const cut = sql.length - MOST_CHARACTERS
  const shown = renderSql(sql.slice(0, MOST_CHARACTERS))
  const code = html`<pre><code>${shown}${cut > 0 && ` … ${cut} more characters`}</code></pre>`
  const certain = locks.filter(({ isConditional }) => !isConditional)
  const others = locks.filter(({ isConditional }) => isConditional)
  return html`<div class="statement">
    ${
      lines.length > MOST_LINES
        ? html`<details>
            <summary><code>${lines[0]}</code> … ${lines.length} lines</summary>
            ${code}
          </details>`
        : code
    }
    ${
      certain.length > 0 &&
      html`<ul class="locks">
        ${certain.map(renderLock)}
      </ul>`
    }
    ${there && html`<p class="dim">On ${sizes?.server}: ${there.tables.join('; ')}</p>`}
    ${others.length > 0 && html`<p class="dim">Where there are any: ${describeOthers(others)}.</p>`}
    ${hasUnknownLocks && html`<p class="dim">What else it locks, its text does not tell.</p>`}
  </div>`
}

const WORK = {
  scan: 'reads all of it',
  build: 'builds an index of it',
  rewrite: 'rewrites all of it',
} as const

function renderLock({ mode, on, keepsOthersFrom, work }: Lock): Html {
  const tone = keepsOthersFrom === 'writing' ? 'fair' : 'bad'
  return html`<li>
    <span class="chip ${tone}">${mode}</span> ${renderName(on)}
    <span class="dim">${describeHindrance(keepsOthersFrom)}${work && `, ${WORK[work]}`}</span>
  </li>`
}

function describeHindrance(keepsOthersFrom: Lock['keepsOthersFrom']): string {
  return keepsOthersFrom === 'writing' ? 'nobody else writes' : 'nobody else reads or writes'
}

function describeOthers(locks: readonly Lock[]): string {
  const lines = locks.map(
    ({ mode, on, work }) => `${mode} on ${on}${work ? `, ${WORK[work]}` : ''}`,
  )
  return [...new Set(lines)].join('; ')
}
