import type { Node } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { isLong, listTypeChanges } from '../known/type-changes.ts'
import { findBreaks, lostKeys } from '../phase/breaks.ts'
import { newRelease, type Release } from '../phase/release.ts'
import { parseSql } from '../sql/parse.ts'
import { readDrop } from './renamed-objects.ts'
import { readMade } from './replaced-objects.ts'
import { findSubject, meets, type Subject } from './subject.ts'
import { whyRewritten } from './why-rewritten.ts'

/** Both ways of a migration, as a generator writes them: empty texts are blank lines. */
export interface Ways {
  readonly up: readonly string[]
  readonly down: readonly string[]
  /** In the name of its file, where it is not the first; absent: `contract`. */
  readonly suffix?: 'types'
  /** True where all of it is about columns that get another type by a copy, whose last steps share a transaction. */
  readonly isCopy?: boolean
}

/** What there is before a migration, and what the release before it relies on. */
export interface Chain {
  readonly known: KnownObjects
  readonly release: Pick<Release, 'before' | 'functions'>
  /** What the previous release of the application knows; absent where none is known. */
  readonly previous?: KnownObjects
}

/**
 * Takes apart what the previous release of the application survives and what it does not: the first comes before the new
 * release is there, the second when nothing of the old one is left. Columns that are copied have a migration of their own:
 * of others each statement may have to commit by itself. One migration, where all of it is one or the other, or where it
 * cannot be told apart.
 */
export async function splitPhases(ways: Ways, chain: Chain): Promise<readonly Ways[]> {
  const there = chain.known.copy()
  const up = await readAll(ways.up, there)
  const down = up && (await readAll(ways.down, there))
  if (!up || !down) return [ways]
  const halves = await splitBreaks({ up, down }, chain)
  const parts = halves.flatMap(splitCopies)
  const [part, ...others] = parts
  // Blank lines stay.
  if (others.length === 0) return [{ ...ways, ...(part?.isCopy && { isCopy: true }) }]
  return parts.map((one) => ({ ...one, ...textsOf(one) }))
}

interface Part extends Pick<Ways, 'suffix' | 'isCopy'> {
  readonly up: readonly Read[]
  readonly down: readonly Read[]
}

async function splitBreaks(all: Part, chain: Chain): Promise<Part[]> {
  const [expand, contract] = takeOut(listBreaking(all.up, releaseOf(chain)), all)
  if (expand.up.length === 0 || contract.up.length === 0) return [all]
  const isBroken = await isBreaking(textsOf(expand), chain)
  return isBroken ? [all] : [expand, contract]
}

/** A key that is gone counts at the end, if nothing has replaced it by then. */
function listBreaking(up: readonly Read[], release: Release): Read[] {
  const breaking: Read[] = []
  const loses = new Map<string, Read>()
  for (const one of up) {
    if (findBreaks(release, one.node).length > 0) breaking.push(one)
    for (const key of lostKeys(release)) if (!loses.has(key)) loses.set(key, one)
  }
  return [...breaking, ...lostKeys(release).flatMap((key) => loses.get(key) ?? [])]
}

function splitCopies(all: Part): Part[] {
  const copied = all.up.filter((one) => one.isCopied)
  const [rest, copies] = takeOut(copied, all)
  if (copied.length === 0) return [all]
  if (rest.up.length === 0) return [{ ...all, isCopy: true }]
  return [
    { ...all, ...rest },
    { ...copies, suffix: 'types', isCopy: true },
  ]
}

/** What is left without some of it, and those with all that meets them. */
function takeOut(some: readonly Read[], { up, down }: Part): [Part, Part] {
  const taken = withAllThatMeet(some, [...up, ...down])
  const part = (isTaken: boolean): Part => ({
    up: up.filter((one) => taken.has(one) === isTaken),
    down: down.filter((one) => taken.has(one) === isTaken),
  })
  return [part(false), part(true)]
}

interface Read {
  readonly text: string
  readonly node: Node
  readonly subject: Subject
  /** A change of type by a copy of the column. */
  readonly isCopied: boolean
  /** The index or the key that it makes or drops, where it does nothing else. */
  readonly index: string | undefined
}

/** Undefined where one of them cannot be read. What they make is there for the next. */
async function readAll(texts: readonly string[], there: KnownObjects): Promise<Read[] | undefined> {
  const all: Read[] = []
  for (const text of texts.filter((one) => one.trim() !== '')) {
    const [parsed, ...others] = await parseSql(text).catch(() => [])
    const subject = parsed && findSubject(parsed.node, there)
    if (!subject || others.length > 0) return undefined
    const { node } = parsed
    const isCopied = listTypeChanges(node, there).some(
      (change) => isLong(change) && whyRewritten(change, there) === undefined,
    )
    const index = (readMade(node) ?? readDrop(node, there))?.name
    there.learn(node)
    all.push({ text, node, subject, isCopied, index })
  }
  return all
}

/** What is about the same as those, and so what is about the same as that. */
function withAllThatMeet(some: readonly Read[], all: readonly Read[]): ReadonlySet<Read> {
  const found = new Set(some)
  for (const one of found) {
    for (const other of all)
      if (!isOtherIndex(one, other) && meets(other.subject, one.subject)) found.add(other)
  }
  return found
}

/** Two of the same columns are made and dropped without each other. */
function isOtherIndex({ index }: Read, { index: other }: Read): boolean {
  return index !== undefined && other !== undefined && index !== other
}

const textsOf = ({ up, down }: Part): Ways => ({
  up: up.map(({ text }) => text),
  down: down.map(({ text }) => text),
})

const releaseOf = ({ release: { before, functions } }: Chain) =>
  newRelease(before, new Map(functions))

/** Whether the previous release does not survive a migration. */
export async function isBreaking({ up }: Ways, chain: Chain): Promise<boolean> {
  const release = releaseOf(chain)
  for (const text of up) {
    for (const { node } of await parseSql(text).catch(() => []))
      if (findBreaks(release, node).length > 0) return true
  }
  return lostKeys(release).length > 0
}
