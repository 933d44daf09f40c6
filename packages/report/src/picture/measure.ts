/** The advance of the widest of the monospaced fonts that the style names, at the size of the text: none is wider. */
export const CELL = 7.45

/** Of the small letters of badges and notes. */
export const SMALL_CELL = 6.2

/** How many cells of a monospaced font a text takes: two for what is wide, none for marks on the letter before. */
export function countCells(text: string): number {
  let cells = 0
  for (const { segment } of GRAPHEMES.segment(text)) cells += WIDE.test(segment) ? 2 : 1
  return cells
}

/** Whether every letter is in any font, so that its width is known. */
export function isPlain(text: string): boolean {
  return /^[\u0020-\u007E]*$/.test(text)
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' })

const WIDE =
  /\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\u2400-\u2421\u3000-\u303F\uFF00-\uFF60]|\uFE0F/u
