import { printable, printableName } from '../../errors/printable.ts'

/**
 * A name in code, anywhere in Markdown: in a table, in a summary. Nothing in it is markup, a link or a mention.
 * Code between backticks cannot do that: in a table, a bar ends the cell.
 */
export function code(text: string): string {
  return `<code>${plain(text)}</code>`
}

/** A line of text, in which nothing is markup, a link or a mention. */
export function plain(text: string): string {
  return escapeMarkdown(printableName(text))
}

/** What may be markup becomes a reference to a character, which is never markup; an underscore within a word, and a colon before a blank, is none. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(
    /(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?! )|[^\p{L}\p{M}\p{N}\p{So} .,:_-]/gu,
    (character) => `&#${character.codePointAt(0)};`,
  )
}

/** A text of several lines in code of its own, whatever is in it. */
export function fence(language: string, text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const marks = '`'.repeat(Math.max(3, longest + 1))
  return `${marks}${language}\n${printable(text)}\n${marks}`
}

/** The longest beginning of a text that ends with a whole line and has at most so many characters; what is missing is said. */
export function cutLines(text: string, most: number): string {
  if (text.length <= most) return text
  const lines = text.split('\n')
  const kept: string[] = []
  let length = 0
  for (const line of lines) {
    length += line.length + 1
    if (length > most) break
    kept.push(line)
  }
  return [...kept, `… ${lines.length - kept.length} more lines are cut`].join('\n')
}
