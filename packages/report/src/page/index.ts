import { createHash } from 'node:crypto'
import type { Proof, WordStep } from '@techfacts/migrator'
import { drawChange, STYLE as PICTURE_STYLE } from '../picture/index.ts'
import { html, trusted, type Html } from './html.ts'
import { renderChapter, verdictOf, type Chapter } from './migration.ts'
import { STYLE } from './style.ts'
import { duration, renderName, renderPhaseName, renderSign, renderVerdict, TONES } from './words.ts'

/** One page that needs nothing else, and on which nothing runs: of scripts and of whatever is loaded the policy allows none. */
export async function renderPage(proof: Proof, word: WordStep): Promise<string> {
  const { judgement } = proof
  const { verdict, says } = judgement
  const [first, ...others] = says
  const chapters = listChapters(proof)
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${says.join(' ')}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header class="top ${TONES[verdict]}">
          <div>
            <p class="over">migrate verify</p>
            <h1>${renderSign(verdict)} ${first}</h1>
            ${others.map((one) => html`<p class="also">${one}</p>`)}
            <p class="dim">${describeHow(proof)}</p>
          </div>
        </header>
        <main>
          ${chapters.length > 0 && renderContents(chapters)} ${await renderSchema(proof)}
          ${renderAgainst(proof)} ${chapters.map((chapter) => renderChapter(chapter, word))}
        </main>
      </body>
    </html> `
  return page.toString()
}

function listChapters({ report, migrations, against }: Proof): Chapter[] {
  return migrations.map((described, i) => ({
    described,
    verified: report.migrations.find(({ name }) => name === described.name),
    id: `m${i + 1}`,
    ...(against && {
      sizes: {
        server: against.server,
        statements: against.sizes.filter((one) => one.migration === described.name),
      },
    }),
  }))
}

/** Its hash is of each character: a formatter must not put blanks around the text. */
const STYLE_ELEMENT = trusted(`<style>${STYLE}</style>`)

const POLICY = [
  `default-src 'none'`,
  `style-src ${[STYLE, PICTURE_STYLE].map(hash).join(' ')}`,
  `base-uri 'none'`,
  `form-action 'none'`,
].join('; ')

function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

function describeHow({ report: { seed, fixtures } }: Proof): string {
  const rows = `Each was run on a throw-away database with rows in its tables (seed ${seed}), reverted and run again.`
  if (fixtures === 'none') return rows
  return fixtures === 'loaded'
    ? `${rows} Rows of the project's own were among them.`
    : `${rows} The project's own rows were not loaded: they need something that no verified migration made.`
}

function renderContents(chapters: readonly Chapter[]): Html {
  return html`<nav aria-label="Migrations">
    <ol class="contents">
      ${chapters.map((chapter) => {
        const { described, verified, id } = chapter
        const stall = verified?.stall
        return html`<li>
          ${renderSign(verdictOf(chapter))}
          <a href="#${id}">${renderName(described.name)}</a>
          <span class="chips">
            ${renderVerdict(verdictOf(chapter))} ${renderPhaseName(described.phase)}
          </span>
          <span class="dim"
            >${stall && `worst stall ${duration(Math.max(stall.reader, stall.writer))}`}</span
          >
        </li>`
      })}
    </ol>
  </nav>`
}

function renderAgainst({ against }: Proof): Html | undefined {
  if (!against) return undefined
  return html`<article aria-labelledby="against">
    <header><h2 id="against">Against a real database</h2></header>
    <section>
      <pre>${against.lines.join('\n')}</pre>
    </section>
  </article>`
}

async function renderSchema({ before, after }: Proof): Promise<Html | undefined> {
  if (!before || !after) return undefined
  const picture = await drawChange(before, after)
  return html`<section class="schema" aria-labelledby="schema">
    <h2 id="schema">Schema, before and after</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Picture of the schema">
      ${trusted(picture)}
    </div>
  </section>`
}
