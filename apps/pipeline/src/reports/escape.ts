/**
 * Foreign text as one line of markdown that shows it and does nothing else: no HTML, no links, no
 * headings, no invisible characters that turn the direction of the text.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replaceAll(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_~[\](){}#|!@]/g, String.raw`\$&`)
    .replaceAll(/:(?=\S)/g, String.raw`\:`) // else `https:` becomes a link by itself in many renderers
    .replaceAll(/(?<!:)\/(?=\/)/g, '/\\') // and `//host` in some
    .replaceAll(/www\./gi, (text) => text.replace('.', '&#46;'))
    .trim()
    .replace(/^(\d*)([-+.])(?=[\s-]|$)/, String.raw`$1\$2`) // no item of a list, no rule
}
