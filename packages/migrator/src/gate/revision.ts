/** PostgreSQL keeps so many bytes of application_name. */
const LONGEST_NAME = 63

/** As in git: enough to tell the revisions of one project apart. */
const REVISION_LENGTH = 12

/** The part of `migrations.manifest.json` that a revision is made of: its chain covers all migrations. */
export interface ChainedManifest {
  readonly migrations: readonly { readonly chain: string }[]
}

/**
 * Which migrations a build has, in 12 digits: a migrator with more of the same migrations recognizes it.
 * @example
 * console.log(revisionOf(manifest)) // 1f0c5a7d93be
 */
export function revisionOf({ migrations }: ChainedManifest): string {
  return revisionAt(migrations.at(-1))
}

/** The revision of the build whose last migration this is. */
export function revisionAt(last: ChainedManifest['migrations'][number] | undefined): string {
  return (last?.chain ?? '').padEnd(REVISION_LENGTH, '0').slice(0, REVISION_LENGTH)
}

/** What each build has, by its revision. */
export function buildsByRevision(
  migrations: readonly { readonly name: string; readonly chain: string }[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const names = migrations.map(({ name }) => name)
  return new Map(
    migrations.map((entry, place) => [revisionAt(entry), new Set(names.slice(0, place + 1))]),
  )
}

/**
 * What the sessions of a service are to be called (`application_name`), and its heartbeats: `<name>/<revision>`. A
 * contract step waits for them.
 * @example
 * const pool = new Pool({ application_name: applicationName('orders', manifest) })
 */
export function applicationName(name: string, manifest: ChainedManifest): string {
  // PostgreSQL writes other characters in its own way, which may be longer.
  const printable = name.replaceAll(/[^ -~]/g, '?')
  return `${printable.slice(0, LONGEST_NAME - REVISION_LENGTH - 1)}/${revisionOf(manifest)}`
}
