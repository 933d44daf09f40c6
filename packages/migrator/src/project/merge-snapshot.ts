import { isDeepStrictEqual } from 'node:util'
import { isObject, readText } from '../compiled/json-file.ts'
import { failure } from '../errors/index.ts'
import { isConflicted } from './conflict.ts'

/** A file as it was before two branches parted, and on each of them; undefined where it was not there. */
export interface SnapshotSides {
  readonly base: string | undefined
  readonly ours: string
  readonly theirs: string
}

export interface MergedSnapshot {
  readonly path: string
  readonly text: string
}

/**
 * The snapshot of the entities with what both sides have changed in it, where a merge has left its conflict there.
 * Throws SNAPSHOT_CONFLICTED.
 */
export async function mergeSnapshot(
  path: string | undefined,
  sidesOf: (path: string) => Promise<SnapshotSides | undefined>,
): Promise<MergedSnapshot | undefined> {
  const text = path === undefined ? undefined : await readText(path)
  if (path === undefined || text === undefined || !isConflicted(text)) return undefined
  const sides = await sidesOf(path)
  if (!sides)
    throw failure('SNAPSHOT_CONFLICTED', { path, reason: 'git does not have its sides any more' })
  const { base = '{}', ours, theirs } = sides
  const clash = (at: readonly string[]) =>
    failure('SNAPSHOT_CONFLICTED', { path, reason: `both sides have changed ${at.join('.')}` })
  const merged = merge({ base, ours, theirs }, clash)
  return { path, text: `${JSON.stringify(merged, undefined, 2)}\n`.replace(/\n$/, endOf(ours)) }
}

function endOf(text: string): string {
  return text.endsWith('\n') ? '\n' : ''
}

type Clash = (at: readonly string[]) => Error

function merge({ base = '', ours, theirs }: SnapshotSides, clash: Clash): unknown {
  return mergeValues(
    [base, ours, theirs].map((text) => JSON.parse(text)),
    [],
    clash,
  )
}

/** What one side alone has changed counts; parts are merged one by one. Throws what `clash` makes. */
function mergeValues(values: readonly unknown[], at: readonly string[], clash: Clash): unknown {
  const [base, ours, theirs] = values
  if (isDeepStrictEqual(ours, theirs) || isDeepStrictEqual(base, theirs)) return ours
  if (isDeepStrictEqual(base, ours)) return theirs
  const sides = values.map(toParts)
  if (!sides[1] || !sides[2]) throw clash(at)
  const keys = new Set([...sides[1].keys(), ...sides[2].keys()])
  const parts = [...keys].flatMap((key) => {
    const merged = mergeValues(
      sides.map((side) => side?.get(key)),
      [...at, key],
      clash,
    )
    return merged === undefined ? [] : [[key, merged] as const]
  })
  return Array.isArray(ours) ? parts.map(([, part]) => part) : Object.fromEntries(parts)
}

/** The members of an object, or the items of a list by their names. */
function toParts(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (isObject(value)) return new Map(Object.entries(value))
  if (!Array.isArray(value)) return undefined
  const named = value.map((item: unknown) => [isObject(item) ? nameOf(item) : undefined, item])
  return named.every((one): one is [string, unknown] => typeof one[0] === 'string')
    ? new Map(named)
    : undefined
}

function nameOf({ name, keyName }: Readonly<Record<string, unknown>>): unknown {
  return keyName ?? name
}
