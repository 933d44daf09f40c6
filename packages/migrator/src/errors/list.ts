import { printableName } from './printable.ts'

/** A line for each, indented, below the sentence that they belong to. A name with a line end in it begins no line of its own. */
export function list(names: readonly string[]): string {
  return names.map((name) => `\n  ${printableName(name)}`).join('')
}

/** `1 row`, `2 rows`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
