import { printable } from '../../errors/printable.ts'
import { cut } from './words.ts'

/** One line of progress, before it is known how wide the screen is. */
export interface ProgressLine {
  readonly mark: string
  /** What is at work: the name of a migration. */
  readonly name: string
  /** Which part of it, where it has several: `2/3`. */
  readonly part: string
  readonly time: string
  /** The blockers, or how far the statement is. */
  readonly note: string
}

/** In at most `width` characters: the note gives way first, down to a third of the line, then the name. */
export function progressLine(
  { mark, name, part, time, note }: ProgressLine,
  width: number,
): string {
  const fixed = [mark, part, time].filter((text) => text !== '').join('  ').length + 1
  const noteRoom = note === '' ? 0 : Math.min(note.length + 2, Math.floor(width / 3))
  const shortName = cut(printable(name), Math.max(width - fixed - noteRoom, Math.floor(width / 4)))
  const head = [mark, [shortName, part].filter(Boolean).join(' ')].join(' ')
  const line = [head, time, printable(note)].filter((text) => text !== '').join('  ')
  return cut(line.replaceAll('\n', ' '), width)
}
