import { readGate as readGateOf, type Gate } from '@techfacts/migrator/gate'
import manifest from './migrations.manifest.json' with { type: 'json' }

/** Whether a database is the one that this build was made for: see the gate of the migrator. */
export function readGate(query: (sql: string) => Promise<readonly unknown[]>): Promise<Gate> {
  return readGateOf(manifest, query)
}
