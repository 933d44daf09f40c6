import { fileURLToPath } from 'node:url'

import { SeedManager } from '@mikro-orm/seeder'
import { Migrator } from '@techfacts/migrator/mikro-orm'

import { databaseUrl } from './env.ts'
import { ormOptions } from './orm-options.ts'

export default {
  ...ormOptions(databaseUrl),
  baseDir: fileURLToPath(new URL('.', import.meta.url)),
  preferTs: false,
  extensions: [Migrator, SeedManager],
  migrations: {
    path: 'migrations',
    emit: 'ts' as const,
    snapshotName: '.snapshot',
    snapshotOnMigrate: false,
    allOrNothing: false,
  },
  seeder: { path: 'seeders', glob: '*.seeder.ts', emit: 'ts' as const },
  schemaGenerator: { ignoreSchema: ['pgboss'] },
}
