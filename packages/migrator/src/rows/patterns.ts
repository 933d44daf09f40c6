import type { Random } from './random.ts'

/** A text that a LIKE pattern matches. */
export function matchLike(pattern: string, random: Random): string {
  return pattern.replaceAll(/\\(.)|%|_/gs, (whole, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped
    return whole === '_' ? random.pick(LETTERS.split('')) : drawLetters(random, random.int(0, 4))
  })
}

/** A text that a regular expression matches, if it is one of the simple ones: no look-around, no back references. */
export function matchRegex(pattern: string, random: Random): string {
  // A pattern that is not anchored may match anywhere in the text; the shortest text is what it matches.
  const reader = new Reader(pattern.replace(/^\*\*\*[:=]|^\(\?[a-z]+\)/, ''), random)
  return reader.readAlternatives()
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'
const ANY = `${LETTERS}${LETTERS.toUpperCase()}${DIGITS}`
const PRINTABLE = `${ANY} -_.,:;@/`

export function drawLetters(random: Random, length: number): string {
  return Array.from({ length }, () => random.pick(LETTERS.split(''))).join('')
}

const CLASSES: Readonly<Record<string, string>> = {
  d: DIGITS,
  w: `${LETTERS}${DIGITS}_`,
  s: ' ',
  D: LETTERS,
  W: ' -',
  S: `${LETTERS}${DIGITS}`,
}

const NAMED: Readonly<Record<string, string>> = {
  alpha: LETTERS,
  digit: DIGITS,
  alnum: `${LETTERS}${DIGITS}`,
  lower: LETTERS,
  upper: LETTERS.toUpperCase(),
  space: ' ',
  blank: ' ',
  punct: '-_.,:;@/',
  xdigit: `${DIGITS}abcdef`,
  print: PRINTABLE,
  graph: PRINTABLE.replace(' ', ''),
}

/** Reads a regular expression from left to right, and writes what it matches as it goes. */
class Reader {
  readonly #pattern: string
  readonly #random: Random
  #at = 0

  constructor(pattern: string, random: Random) {
    this.#pattern = pattern
    this.#random = random
  }

  /** Up to the end, or to the parenthesis that ends the group. */
  readAlternatives(): string {
    const all = [this.#readSequence()]
    while (this.#take('|')) all.push(this.#readSequence())
    return this.#random.pick(all)
  }

  #readSequence(): string {
    let text = ''
    while (this.#at < this.#pattern.length && !/[|)]/.test(this.#peek())) text += this.#readPiece()
    return text
  }

  /** An atom with its quantifier. The atom is read again for each time: each may choose otherwise. */
  #readPiece(): string {
    const start = this.#at
    this.#readAtom()
    const end = this.#at
    const times = this.#readTimes()
    const after = this.#at
    let text = ''
    for (let n = 0; n < times; n += 1) {
      this.#at = start
      text += this.#readAtom()
    }
    this.#at = Math.max(after, end)
    return text
  }

  #readTimes(): number {
    const bounds = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(this.#pattern.slice(this.#at))
    if (!bounds) return 1
    const [whole, sign, least, comma, most] = bounds
    this.#at += whole.length
    if (sign !== undefined) return this.#random.int(sign === '+' ? 1 : 0, sign === '?' ? 1 : 4)
    const from = Number(least)
    if (comma === '') return from
    return this.#random.int(from, most === '' ? from + 3 : Math.min(Number(most), from + 12))
  }

  #readAtom(): string {
    const next = this.#next()
    if (next === '(') return this.#readGroup()
    if (next === '[') return this.#random.pick(this.#readClass())
    if (next === '.') return this.#random.pick(ANY.split(''))
    if (next === '\\') return this.#readEscape()
    return /[$^]/.test(next) ? '' : next
  }

  #readGroup(): string {
    const look = /^\?(:|<?[=!])/.exec(this.#pattern.slice(this.#at))
    this.#at += look?.[0].length ?? 0
    const text = this.readAlternatives()
    this.#take(')')
    return look === null || look[1] === ':' ? text : ''
  }

  #readEscape(): string {
    const letter = this.#next()
    if (/[AZmMyYbB]/.test(letter)) return ''
    const control = { n: '\n', t: '\t', r: '\r' }[letter]
    return control ?? this.#random.pick((CLASSES[letter] ?? letter).split(''))
  }

  #readClass(): string[] {
    const isNegated = this.#take('^')
    const set: string[] = []
    do set.push(...this.#readMember())
    while (this.#at < this.#pattern.length && this.#peek() !== ']')
    this.#take(']')
    const chosen = isNegated ? PRINTABLE.split('').filter((one) => !set.includes(one)) : set
    return chosen.length === 0 ? ['x'] : chosen
  }

  #readMember(): string[] {
    const named = /^\[:(\w+):\]/.exec(this.#pattern.slice(this.#at))
    if (named) {
      this.#at += named[0].length
      return (NAMED[named[1] ?? ''] ?? LETTERS).split('')
    }
    const first = this.#next()
    if (first === '\\') {
      const letter = this.#next()
      return (CLASSES[letter] ?? letter).split('')
    }
    if (this.#peek() !== '-' || this.#pattern[this.#at + 1] === ']') return [first]
    this.#at += 1
    const [from, to] = [first.codePointAt(0) ?? 0, this.#next().codePointAt(0) ?? 0]
    const length = Math.min(Math.max(to - from + 1, 1), 200)
    return Array.from({ length }, (_, i) => String.fromCodePoint(from + i))
  }

  #peek(): string {
    return this.#pattern[this.#at] ?? ''
  }

  #next(): string {
    this.#at += 1
    return this.#pattern[this.#at - 1] ?? ''
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at += 1
    return true
  }
}
