import { fileURLToPath } from 'node:url'
import { runMigrator } from '@techfacts/migrator/cli'

const config = fileURLToPath(import.meta.resolve('@techfacts/db/mikro-orm.config'))

// Not awaited here: Node would complain of it, in words of its own, where nothing is left to wait for.
void runMigrator({ program: 'migrate', config })
