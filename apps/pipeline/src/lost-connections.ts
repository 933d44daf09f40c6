import type { Pool, PoolClient } from 'pg'

/**
 * Gives a connection back to its pool that was lost in a transaction. Kysely gives it back after a COMMIT or a ROLLBACK that
 * succeeded, so that each one lost would take its place in the pool for good, and a stop would wait for it.
 */
export function releaseLostConnections(pool: Pool): void {
  const lent = new Set<PoolClient>()
  pool.on('acquire', (client) => void lent.add(client))
  pool.on('release', (_, client) => void lent.delete(client))
  pool.on('connect', (client) => {
    const release = () => {
      if (lent.has(client)) client.release(true)
    }
    // Last: whoever waits for a statement outside of a transaction gives its connection back on its own.
    client.once('end', () => setImmediate(release))
  })
}
