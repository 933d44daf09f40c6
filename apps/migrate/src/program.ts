import { runMigrator } from '@techfacts/migrator/cli'
import { SETTINGS } from './settings.ts'

// Not awaited: where nothing is left to wait for, Node would report it in words of its own.
void runMigrator(SETTINGS)
