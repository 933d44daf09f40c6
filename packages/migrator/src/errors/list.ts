/** A line for each, indented, below the sentence that they belong to. */
export function list(names: readonly string[]): string {
  return names.map((name) => `\n  ${name}`).join('')
}
