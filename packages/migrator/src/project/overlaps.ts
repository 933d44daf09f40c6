import { shown, splitIdentity, withoutLastName } from '../catalog/identity.ts'
import { WHOLE_ROW, type Footprint, type Touched } from './touched.ts'

/**
 * The objects by which two migrations are in each other's way, whichever comes first: both change the same one, or one
 * removes what the other's statements name. Of what is in an object that is listed nothing is. Pure.
 */
export function findOverlaps(one: Footprint, other: Footprint): string[] {
  const both = one.touched.filter((touched) =>
    other.touched.some((theirs) => nameOf(theirs) === nameOf(touched)),
  )
  const all = [...both, ...goneFrom(one, other), ...goneFrom(other, one)]
  const identities = new Set(all.map(({ identity }) => identity))
  const outer = all.filter(({ identity }) => !identities.has(withoutLastName(identity)))
  return [...new Set(outer.map(nameOf))].toSorted()
}

function nameOf({ kind, identity }: Touched): string {
  return `${kind} ${shown(identity)}`
}

/** What `one` removes, retypes, or gives another name, and `other` names in a statement. */
function goneFrom(one: Footprint, other: Footprint): Touched[] {
  const made = new Set(one.touched.filter(({ isGone }) => !isGone).map(nameOf))
  return one.touched.filter((touched) => {
    const isRemoved = touched.isGone && !made.has(nameOf(touched))
    if (!isRemoved && touched.isRetyped !== true) return false
    return isNamed(touched, other)
  })
}

/** What `one` changes in any way, and `other` names in a statement. Pure. */
export function findNamed(one: Footprint, other: Footprint): string[] {
  return one.touched.filter((touched) => isNamed(touched, other)).map(nameOf)
}

function isNamed(touched: Touched, { words }: Footprint): boolean {
  return words.some((all) => isNamedIn(all, touched))
}

/** A column is meant by whoever takes the whole row of its table, too. */
function isNamedIn(words: ReadonlySet<string>, { kind, identity }: Touched): boolean {
  const names = splitIdentity(identity)
  const [last = '', owner] = names.toReversed()
  if (names.length <= 2 || owner === undefined) return words.has(last)
  return words.has(owner) && (words.has(last) || (kind === 'column' && words.has(WHOLE_ROW)))
}
