import { fileURLToPath } from 'node:url'

/** What makes the migrator's command line that of TechFacts: its name, and where its configuration is. */
export const SETTINGS = {
  program: 'migrate',
  scratchUrl: 'embedded',
  config: fileURLToPath(import.meta.resolve('@techfacts/db/mikro-orm.config')),
} as const
