/** As much of a terminal's stream as is used. */
export interface Terminal {
  write(text: string): unknown
  readonly columns?: number
}

/** The last line of a terminal, drawn again as time goes by, and the lines that pass above it. */
export interface MovingLine {
  /** What to draw from now on, if anything. */
  readonly move: (next: (() => string) | undefined) => void
  /** Adds a line above; nothing where it is empty. */
  readonly say: (text: string) => void
  /** Erases the moving line and leaves the terminal as it was found. */
  readonly close: () => void
}

const REDRAW_MS = 100

/** Cursor and line wrapping off, and on again: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html */
const HIDE = '\u{1B}[?25l\u{1B}[?7l'
const SHOW = '\u{1B}[?7h\u{1B}[?25h'
const ERASE_LINE = '\r\u{1B}[2K'

export function movingLine(terminal: Terminal): MovingLine {
  let current: (() => string) | undefined
  let timer: NodeJS.Timeout | undefined
  const draw = () => terminal.write(`${ERASE_LINE}${current?.() ?? ''}`)
  const begin = () => {
    terminal.write(HIDE)
    timer = setInterval(draw, REDRAW_MS).unref()
  }
  return {
    move: (next) => {
      current = next
      if (next && !timer) begin()
      if (timer) draw()
    },
    say: (text) => {
      if (text === '') return
      terminal.write(`${timer ? ERASE_LINE : ''}${text}\n`)
      if (timer) draw()
    },
    close: () => {
      clearInterval(timer)
      if (timer) terminal.write(`${ERASE_LINE}${SHOW}`)
      timer = undefined
    },
  }
}
