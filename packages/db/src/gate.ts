import {
  applicationName as applicationNameOf,
  readGate as readGateOf,
  readHistory as readHistoryOf,
  revisionOf,
  type Gate,
  type SchemaHistory,
} from '@techfacts/migrator/gate'
import manifest from './migrations.manifest.json' with { type: 'json' }

/** Whether a database is the one that this build was made for: see the gate of the migrator. */
export function readGate(query: (sql: string) => Promise<readonly unknown[]>): Promise<Gate> {
  return readGateOf(manifest, query)
}

/** What a service may know of the history of its schema: see the gate of the migrator. */
export function readHistory(
  query: (sql: string) => Promise<readonly unknown[]>,
): Promise<SchemaHistory> {
  return readHistoryOf(manifest, query)
}

/** Which migrations this build has, in 12 digits. */
export const revision = revisionOf(manifest)

/** What the connections and the heartbeats of a service are called: contract steps wait for those of older builds. */
export function applicationName(service: string): string {
  return applicationNameOf(service, manifest)
}
