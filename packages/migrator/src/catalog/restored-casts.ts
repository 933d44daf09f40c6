import { join, split, printTree, type Group, type Item } from './token-tree.ts'

/**
 * Casts as PostgreSQL reads them:
 * - one of an array that is spelt out goes to its elements: `(ARRAY[a, b])::text[]` is
 *   `ARRAY[(a)::text, (b)::text]`.
 * - `('a'::character varying)::text` is `'a'::text`: neither type has a length, both have the same
 *   bytes and the same collation. No other cast is dropped.
 */
export function withCastsAsRead(items: Item[]): Item[] {
  const result: Item[] = []
  for (let i = 0; i < items.length;) {
    const [operand = '', cast] = [items[i], castAt(items, i + 1)]
    const read = cast && castAsRead(operand, cast.type)
    result.push(...(read ?? [operand]))
    i = read ? cast.end : i + 1
  }
  return result
}

/** The type of the cast that stands at `i`, and where it ends. */
export function castAt(items: Item[], i: number): { type: Item[]; end: number } | undefined {
  if (items[i] !== ':' || items[i + 1] !== ':') return undefined
  const start = i + 2
  let end = start
  while (isOfType(items, end, start)) end += 1
  return { type: items.slice(start, end), end }
}

/** Words in lower case, dots, lengths, and brackets at the end. */
function isOfType(items: Item[], i: number, start: number): boolean {
  const [item, before, after] = [items[i], items[i - 1], items[i + 1]]
  if (item === undefined || (i > start && isBrackets(before))) return false
  if (typeof item === 'object') return i > start && (item.open === '(' || isBrackets(item))
  if (item === ' ') return typeof after === 'string' && MORE_OF_A_TYPE.test(after)
  return item === '.' || /^[\p{Ll}_"]/u.test(item)
}

/** `character varying`, `timestamp(3) without time zone`, `interval day to second(3)`. */
const MORE_OF_A_TYPE =
  /^(?:varying|precision|with|without|time|zone|year|month|day|hour|minute|second|to)$/

function isBrackets(item: Item | undefined): boolean {
  return typeof item === 'object' && item.open === '[' && item.items.length === 0
}

/** Undefined where a cast of something in parentheses stays as it is. */
function castAsRead(operand: Item, type: Item[]): Item[] | undefined {
  if (typeof operand === 'string' || operand.open !== '(') return undefined
  const elements = findArray(operand.items)
  if (elements && isBrackets(type.at(-1))) return castElements(elements, type.slice(0, -1))
  const literal = VARCHAR_LITERAL.exec(printTree(operand.items))?.[1]
  return literal !== undefined && printTree(type) === 'text' ? [literal, '::', 'text'] : undefined
}

/** A string, or NULL, of the type character varying without a length. */
const VARCHAR_LITERAL = /^(E?'(?:[^']|'')*'|NULL)::character varying$/

/** What is in `ARRAY[…]`; undefined where this is something else, or nothing is in it. */
function findArray(items: Item[]): Group | undefined {
  const [word, elements, ...more] = items
  if (word !== 'ARRAY' || more.length > 0 || typeof elements !== 'object') return undefined
  return elements.open === '[' && elements.items.length > 0 ? elements : undefined
}

/** Where one element is an array that is spelt out, all of them are arrays. */
function castElements({ items }: Group, type: Item[]): Item[] {
  const elements = split(items)
  const own: Item[] = elements.some(findArray) ? [...type, { open: '[', items: [] }] : type
  const cast = elements.map((element) => {
    const inner = findArray(element)
    return inner ? castElements(inner, type) : castElement(element, own)
  })
  return ['ARRAY', { open: '[', items: join(cast) }]
}

/** A literal that gets a length has its type once: `'a'::character varying(3)`. */
function castElement(element: Item[], type: Item[]): Item[] {
  const [, literal, own] = LITERAL.exec(printTree(element)) ?? []
  if (literal !== undefined && own === withoutLength(printTree(type)))
    return [literal, '::', ...type]
  const operand: Item = { open: '(', items: element }
  return castAsRead(operand, type) ?? [operand, '::', ...type]
}

const LITERAL = /^([EBX]?'(?:[^']|'')*')::(.+)$/

function withoutLength(type: string): string {
  if (/^character\(\d+\)$/.test(type)) return 'bpchar'
  if (/^bit\(\d+\)$/.test(type)) return 'bit'
  return type.startsWith('interval') ? 'interval' : type.replace(/\([\d,]+\)/, '')
}
