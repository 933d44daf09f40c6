import { runMigrator } from '@techfacts/migrator/cli'
import { SETTINGS } from './settings.ts'

// Not awaited here: Node would complain of it, in words of its own, where nothing is left to wait for.
void runMigrator(SETTINGS)
