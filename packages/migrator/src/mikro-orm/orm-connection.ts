import type { Configuration, Connection as OrmConnection, Transaction } from '@mikro-orm/core'
import type { ClientConfig } from 'pg'
import { randomUUID } from 'node:crypto'
import type { CodeSession } from '../migration.ts'
import { readDriverOptions } from './read-project.ts'

/**
 * The options of an ORM's own connections, for one more beside its pool.
 */
export function readClientOptions(config: Configuration, connection: OrmConnection): ClientConfig {
  const { host, port, user, password, database } = connection.getConnectionOptions()
  // The migrator reads its own rows: as pg gives them, whatever the application has set up.
  const { types: _types, ...given } = readDriverOptions(config.getAll()) as ClientConfig
  return {
    ...(host && { host }),
    ...(port && { port }),
    ...(user && { user }),
    ...(password && { password }),
    database: config.get('dbName') ?? database,
    ...given,
  }
}

/** Runs on the connection of a transaction that the caller has begun with the ORM. */
export function toCodeSession(transaction: Transaction): CodeSession {
  const kysely = transaction as KyselyTransaction
  return {
    query: async (sql, values = []) => {
      const { rows = [], numAffectedRows } = await kysely.executeQuery({
        sql,
        parameters: values,
        query: { kind: 'RawNode', sqlFragments: [sql], parameters: [] },
        queryId: { queryId: randomUUID() },
      })
      return { rows, rowCount: Number(numAffectedRows ?? rows.length) }
    },
  }
}

/** As much of Kysely's Transaction as is used: its package is MikroORM's, not ours. */
interface KyselyTransaction {
  executeQuery(query: {
    readonly sql: string
    readonly parameters: readonly unknown[]
    readonly query: { kind: 'RawNode'; sqlFragments: readonly string[]; parameters: readonly [] }
    readonly queryId: { readonly queryId: string }
  }): Promise<{ readonly rows?: unknown[]; readonly numAffectedRows?: bigint }>
}
