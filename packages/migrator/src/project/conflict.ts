/** A file in which git has left the conflict of a merge. */

const MARKER = /^(?:<{7}|\|{7}|={7}|>{7})(?: |\r?$)/m

export function isConflicted(text: string): boolean {
  return MARKER.test(text)
}

/** The file as it was on a side of the merge, and what git calls that side. */
export interface ConflictedSide {
  readonly label: string
  readonly text: string
}

/** Both sides; the common ancestor that some settings add is on none. */
export function splitSides(text: string): ConflictedSide[] {
  return (['<', '='] as const).map((wanted) => {
    let part = ''
    const lines = text.split('\n').filter((line) => {
      if (!MARKER.test(line)) return part === '' || part === wanted
      part = line.startsWith('>') ? '' : (line[0] ?? '')
      return false
    })
    return { label: readLabel(text, wanted === '<' ? '<' : '>'), text: lines.join('\n') }
  })
}

/** `HEAD` of `<<<<<<< HEAD`. */
function readLabel(text: string, mark: '<' | '>'): string {
  const line = text.split('\n').find((one) => one.startsWith(mark.repeat(7))) ?? ''
  const label = line.slice(7).trim()
  return label === '' ? (mark === '<' ? 'one side' : 'the other side') : label
}
