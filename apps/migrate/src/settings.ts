import { fileURLToPath } from 'node:url'

/** What makes the migrator's command line that of TechFacts: what a person types in this repository, and where its configuration is. */
export const SETTINGS = {
  program: 'pnpm migrate',
  scratchUrl: 'embedded',
  config: fileURLToPath(import.meta.resolve('@techfacts/db/mikro-orm.config')),
} as const
