/** The line of a source, from 1, that a statement begins on; 1 where the source builds its text in another way. */
export function findInSource(source: string, statement: string | undefined): number {
  const [first = ''] = (statement ?? '').split('\n')
  const found =
    first === ''
      ? -1
      : writeLiterals(first)
          .map((text) => source.indexOf(text))
          .find((at) => at >= 0)
  return found === undefined || found < 0 ? 1 : source.slice(0, found).split('\n').length
}

/** A text as it stands in a literal of TypeScript, by the quotes that are around it. */
function writeLiterals(text: string): string[] {
  return ["'", '"', '`'].map((quote) =>
    text
      .replaceAll('\\', '\\\\')
      .replaceAll(quote, `\\${quote}`)
      .replaceAll('${', quote === '`' ? '\\${' : '${'),
  )
}
