import type { Configuration } from '@mikro-orm/core'
import { ARCHIVE_SCHEMA, JOURNAL_SCHEMA } from '../journal/journal.ts'

/** Keeps the migrator's own schemas out of what MikroORM compares with the entities, and would drop. */
export function ignoreOwnSchemas(config: Configuration): void {
  const settings = config.get('schemaGenerator')
  const ignored = new Set([...(settings.ignoreSchema ?? []), JOURNAL_SCHEMA, ARCHIVE_SCHEMA])
  config.set('schemaGenerator', { ...settings, ignoreSchema: [...ignored] })
}
