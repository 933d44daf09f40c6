/** A fenced block of a Markdown document that the player understands. */
export interface Block {
  readonly kind: 'console' | 'diff' | 'sql'
  readonly text: string
}

/** A command of a console block, and what the document says that it prints. */
export interface Exchange {
  readonly command: string
  readonly output: string
}

const PLAYED = /^```(console|diff|sql)\n([^]*?)\n```$/gm

/** Replaces each block's text by what `play` makes of it, one after the other. */
export async function replaceBlocks(
  markdown: string,
  play: (block: Block) => Promise<string>,
): Promise<string> {
  let played = ''
  let end = 0
  for (const match of markdown.matchAll(PLAYED)) {
    const [whole, kind = '', text = ''] = match
    const result = await play({ kind: kind as Block['kind'], text })
    played += `${markdown.slice(end, match.index)}\`\`\`${kind}\n${result}\n\`\`\``
    end = match.index + whole.length
  }
  return played + markdown.slice(end)
}

/** The commands of a console block: lines after `$ `, with their continuations. */
export function parseExchanges(text: string): Exchange[] {
  return text
    .split(/^(?=\$ )/m)
    .map((part) => /^\$ ((?:.*\\\n)*.*)\n?([^]*)$/.exec(part))
    .map((match) => ({ command: match?.[1] ?? '', output: (match?.[2] ?? '').trimEnd() }))
}

/** The text after a diff of one file: what it removes and keeps must be there, once. */
export function applyDiff(text: string, diff: string): string {
  const lines = diff.split('\n').filter((line) => !/^(---|\+\+\+|@@)/.test(line))
  const side = (sign: string) =>
    lines
      .filter((line) => line.startsWith(' ') || line.startsWith(sign))
      .map((line) => `${line.slice(1)}\n`)
      .join('')
  const before = side('-')
  if (text.split(before).length !== 2) throw new Error(`Not there, or not once:\n${before}`)
  return text.replace(before, () => side('+'))
}

/** The path of the file that a diff changes. */
export function fileOfDiff(diff: string): string {
  const path = /^\+\+\+ (?:b\/)?(\S+)$/m.exec(diff)?.[1]
  if (path === undefined) throw new Error(`A diff names no file:\n${diff}`)
  return path
}

/** Without what differs from run to run: moments, durations, hashes, process ids, and so the padding of columns. */
export function normalise(text: string): string {
  return text
    .replaceAll(/^.*: segment \d+ of \d+ done in .*\n/gm, '') // of a segment that took long
    .replaceAll(/\b\d+ tr(y|ies)\b/g, '<tries>')
    .replaceAll(/\bMigration\d{14}/g, 'Migration<moment>')
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?/g, '<moment>')
    .replaceAll(/\b\d+(\.\d+)? ?(µs|ms|s|seconds?|min|minutes?)\b/g, '<duration>')
    .replaceAll(/\b[0-9a-f]{12,64}\b/g, '<hash>')
    .replaceAll(/\b(pid|process|session) \d+/gi, '$1 <pid>')
    .replaceAll(/(localhost|127\.0\.0\.1):\d+/g, '<server>')
    .replaceAll(/\btest_\w+/g, '<database>')
    .replaceAll(/ +/g, ' ')
}
