/** The one door to MikroORM: its Migrator made safe, and a configuration file as a project of the migrator. */
export { Migrator } from './migrator.ts'
export { mikroOrmProject } from './project.ts'
export { referenceData, type ReferenceData } from './reference-data.ts'
