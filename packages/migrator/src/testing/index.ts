export { migrate, migrateProcess, type Ended } from './cli.ts'
/** What tests of other packages of this repository may use; it is not published. */
export { printDatabase } from './database-print.ts'
export { query } from './query.ts'
export { diffBesidesPartitions } from '../catalog/index.ts'
export { catalogAfter } from '../project/catalog-after.ts'
export { readApplicationCatalog } from '../drift/application-catalog.ts'
export { readSchema } from './database.ts'

export { scratchProject, type ScratchMigration, type ScratchProject } from './scratch-project.ts'
export { sqlProject, type SqlMigration } from './sql-project.ts'
export { verify } from '../verify/index.ts'
export { fillTables } from '../rows/index.ts'
export { parse as parseCommandLine } from '../cli/program.ts'
