/** Where a quote is in a text; blanks and line ends count alike. Undefined where it is not: it is invented. */
export function findQuote(text: string, from: number, quote: string): Place | undefined {
  const wanted = quote.trim()
  if (wanted.length < SHORTEST) return undefined
  const exact = text.indexOf(wanted, from)
  if (exact >= 0) return { start: exact, end: exact + wanted.length }
  const { plain, places } = collapse(text, from)
  const needle = wanted.replace(/\s+/g, ' ')
  const at = plain.indexOf(needle)
  if (at < 0) return undefined
  return { start: places[at] ?? 0, end: (places[at + needle.length - 1] ?? 0) + 1 }
}

export type Place = { readonly start: number; readonly end: number }

/** Less than that is in every text, and shows nothing. */
const SHORTEST = 4

/** A text with each run of blanks as one, and where each of its characters is in the text. */
function collapse(text: string, from: number): { plain: string; places: number[] } {
  const places: number[] = []
  const characters: string[] = []
  let wasBlank = false
  for (let at = from; at < text.length; at += 1) {
    const character = text.charAt(at)
    const isBlank = /\s/.test(character)
    if (isBlank && wasBlank) continue
    wasBlank = isBlank
    places.push(at)
    characters.push(isBlank ? ' ' : character)
  }
  return { plain: characters.join(''), places }
}
