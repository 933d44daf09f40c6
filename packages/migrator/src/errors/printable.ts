/** A name may hold anything, also what a terminal would obey, and a line end. */
export function printableName(name: string): string {
  return name.replaceAll(
    /[\p{Cc}\p{Cf}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}

/** A text with names in it: its line ends and tabs stay. */
export function printable(text: string): string {
  return text.replaceAll(/(?![\n\t])[\p{Cc}\p{Cf}]/gu, printableName)
}
