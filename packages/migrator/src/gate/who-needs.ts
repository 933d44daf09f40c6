import { printableName } from '../errors/printable.ts'
import type { Instance } from '../journal/instances.ts'
import { migrationsByChain } from '../project/manifest-file.ts'
import type { Manifest } from '../project/manifest.ts'
import { buildsByRevision, revisionAt, type ChainedManifest } from './revision.ts'

/** An instance that needs the schema before a contract step: of an earlier build, or of one that nobody here knows. */
export interface NeedingInstance extends Instance {
  readonly build: 'earlier' | 'unknown'
}

interface NamedManifest extends ChainedManifest, Pick<Manifest, 'whole'> {
  readonly migrations: readonly { readonly name: string; readonly chain: string }[]
}

/**
 * The instances that need the schema before a contract step: those whose build does not have it. A build that this one
 * does not know may not have it either. Pure.
 */
export function whoNeeds(
  manifest: NamedManifest,
  step: string,
  instances: readonly Instance[],
): NeedingInstance[] {
  const builds = listBuilds(manifest)
  return instances.flatMap((instance) => {
    const has = builds.get(instance.revision)
    if (has?.has(step)) return []
    return [{ ...instance, build: has ? 'earlier' : 'unknown' }]
  })
}

/** The same with the builds from before a squash. */
function listBuilds({
  migrations,
  whole,
}: NamedManifest): ReadonlyMap<string, ReadonlySet<string>> {
  const former = whole ? migrationsByChain(whole) : []
  return new Map([
    ...[...former].map(([chain, has]) => [revisionAt({ chain }), has] as const),
    ...buildsByRevision(migrations),
  ])
}

/** `orders, revision 1f0c5a7d93be (an earlier build), on 10.0.0.3, last seen 2026-11-29 17:30:01 UTC` */
export function describeInstance(instance: NeedingInstance): string {
  const { application, revision, build, host, lastSeen } = instance
  const name = revision === '' ? application : application.slice(0, -revision.length - 1)
  const which = build === 'earlier' ? 'an earlier build' : 'a build that this one does not know'
  // Whoever may log in chooses its words.
  const text = `${name}, ${revision === '' ? '' : `revision ${revision} `}(${which}), on ${host}, last seen ${lastSeen}`
  return printableName(text)
}
