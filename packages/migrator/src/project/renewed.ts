import type { Manifest, ManifestEntry } from './manifest.ts'

/** An entry that was written again although the statements are the same. */
export interface RenewedEntry {
  readonly name: string
  /** In words that follow a colon. */
  readonly because: string
}

type Property = Exclude<keyof ManifestEntry, 'name' | 'checksum' | 'equivalents'>

/** What an entry records beside its statements, and why it is another one. The first that applies is told. */
const REASONS: Readonly<Record<Property, string>> = {
  phase: 'it states another phase',
  replaces: 'it replaces other migrations',
  compiled: 'it compiles to something else',
  file: 'its file has another name',
  bytes: 'its file was edited, and the statements are the same',
  analysis: 'this version of the migrator reads it in another way',
  contracts: 'this version of the migrator reads it in another way',
  chain: 'the entries before it are others',
}

/** The entries that are not what they were in the manifest before, but for those that are `recorded` with other statements. */
export function findRenewed(
  before: Manifest | undefined,
  after: Manifest,
  recorded: readonly string[],
): RenewedEntry[] {
  const isNew = new Set(recorded)
  const known = new Map(before?.migrations.map((entry) => [entry.name, entry]))
  return after.migrations.flatMap((entry) => {
    const { name } = entry
    const was = known.get(name)
    if (isNew.has(name)) return []
    if (!was) return [{ name, because: REASONS.chain }]
    const [because] = Object.entries(REASONS).flatMap(([property, reason]) =>
      JSON.stringify(entry[property as Property]) === JSON.stringify(was[property as Property])
        ? []
        : [reason],
    )
    return because === undefined ? [] : [{ name, because }]
  })
}
