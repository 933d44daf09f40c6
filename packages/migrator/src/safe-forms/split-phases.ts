import type { Node } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { findBreaks, lostKeys } from '../phase/breaks.ts'
import { newRelease, type Release } from '../phase/release.ts'
import { parseSql } from '../sql/parse.ts'
import { findSubject, meets, type Subject } from './subject.ts'

/** Both ways of a migration, as a generator writes them: empty texts are blank lines. */
export interface Ways {
  readonly up: readonly string[]
  readonly down: readonly string[]
}

/** What there is before a migration, and what the release before it relies on. */
export interface Chain {
  readonly known: KnownObjects
  readonly release: Pick<Release, 'before' | 'functions'>
}

/**
 * Takes apart what the previous release of the application survives and what it does not: the first comes before the new
 * release is there, the second when nothing of the old one is left. One migration, where all of it is one or the other, or
 * where it cannot be told apart.
 */
export async function splitPhases(ways: Ways, chain: Chain): Promise<readonly Ways[]> {
  const asOne = [ways]
  const there = chain.known.copy()
  const up = await readAll(ways.up, there)
  const down = up && (await readAll(ways.down, there))
  if (!up || !down) return asOne
  const release = releaseOf(chain)
  const breaking = up.filter(({ node }) => findBreaks(release, node).length > 0)
  const contract = withAllThatMeet(breaking, [...up, ...down])
  const part = (isContract: boolean): Ways => ({
    up: textsOf(up.filter((one) => contract.has(one) === isContract)),
    down: textsOf(down.filter((one) => contract.has(one) === isContract)),
  })
  const [expand, rest] = [part(false), part(true)]
  if (expand.up.length === 0 || rest.up.length === 0) return asOne
  return (await breaks(expand, chain)) ? asOne : [expand, rest]
}

interface Read {
  readonly text: string
  readonly node: Node
  readonly subject: Subject
}

/** Undefined where one of them cannot be read. What they make is there for the next. */
async function readAll(texts: readonly string[], there: KnownObjects): Promise<Read[] | undefined> {
  const all: Read[] = []
  for (const text of texts.filter((one) => one.trim() !== '')) {
    const [parsed, ...others] = await parseSql(text).catch(() => [])
    const subject = parsed && findSubject(parsed.node, there)
    if (!subject || others.length > 0) return undefined
    there.learn(parsed.node)
    all.push({ text, node: parsed.node, subject })
  }
  return all
}

/** What is about the same as those, and so what is about the same as that. */
function withAllThatMeet(some: readonly Read[], all: readonly Read[]): ReadonlySet<Read> {
  const found = new Set(some)
  for (const one of found) {
    for (const other of all) if (meets(other.subject, one.subject)) found.add(other)
  }
  return found
}

const textsOf = (all: readonly Read[]) => all.map(({ text }) => text)

const releaseOf = ({ release: { before, functions } }: Chain) =>
  newRelease(before, new Map(functions))

async function breaks({ up }: Ways, chain: Chain): Promise<boolean> {
  const release = releaseOf(chain)
  for (const text of up) {
    for (const { node } of await parseSql(text))
      if (findBreaks(release, node).length > 0) return true
  }
  return lostKeys(release).length > 0
}
