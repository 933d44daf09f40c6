import { defineConfig } from '@mikro-orm/postgresql'

import * as entities from './entities.ts'

/**
 * The ORM options that every app uses: the entities and the connection, nothing that changes a schema.
 *
 * @param url - the database, as `postgresql://user:password@host:port/name`
 * @example
 * const orm = await MikroORM.init(ormOptions(url))
 */
export function ormOptions(url: string) {
  return defineConfig({
    clientUrl: url,
    entities: Object.values(entities),
    // A mistyped database name is an error, not a new database.
    ensureDatabase: false,
  })
}
