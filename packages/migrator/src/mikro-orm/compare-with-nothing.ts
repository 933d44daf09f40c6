import type { AbstractSqlPlatform, DatabaseSchema } from '@mikro-orm/postgresql'
import { findSchemaGenerator, type OpenMigrator } from './stock-migrator.ts'

/** Runs `create` of a project's first migration where no database is named: an empty schema is what it compares with. */
export async function comparingWithNothing<T>(
  migrator: OpenMigrator,
  create: () => Promise<T>,
): Promise<T> {
  const read = migrator.getSchemaFromSnapshot.bind(migrator)
  migrator.getSchemaFromSnapshot = async () => makeEmpty(migrator)
  try {
    return await create()
  } finally {
    migrator.getSchemaFromSnapshot = read
  }
}

/** A schema of the project's own MikroORM, which may be another copy than the one here. */
function makeEmpty(migrator: OpenMigrator): DatabaseSchema | undefined {
  const target = findSchemaGenerator(migrator)?.getTargetSchema()
  if (!target) return undefined
  const Schema = target.constructor as typeof DatabaseSchema
  return new Schema(migrator.driver.getPlatform() as AbstractSqlPlatform, target.name)
}
