/** The names as indented lines below a sentence. */
export function list(names: readonly string[]): string {
  return names.map((name) => `\n  ${name}`).join('')
}
