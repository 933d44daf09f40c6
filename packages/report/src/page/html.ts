/** Text that is markup. Everything else that goes into a page is escaped. */
export class Html {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  toString(): string {
    return this.#text
  }
}

type Part = Html | string | number | undefined | false | readonly Part[]

/** `` html`<p>${name}</p>` ``: what is put in is text, unless it is made by this; nothing of undefined and false. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(texts.map((text, i) => text + write(parts[i])).join(''))
}

/** Of a text that is known to be markup: a picture of ours, a style sheet. */
export function trusted(markup: string): Html {
  return new Html(markup)
}

function write(part: Part): string {
  if (part === undefined || part === false) return ''
  if (part instanceof Html) return part.toString()
  return typeof part === 'object' ? part.map(write).join('') : escapeHtml(String(part))
}

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** What turns the direction of the text around it is shown, not obeyed, as are characters that no page may have. */
const UNSEEN = /(?![\n\t])\p{Cc}|[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]|\p{Cs}/gu

function escapeHtml(text: string): string {
  return text
    .replaceAll(UNSEEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
    .replaceAll(/[&<>"']/g, (character) => REFERENCES[character] ?? '')
}
