/**
 * The database that MikroORM's CLI works on. Without DATABASE_URL it is one that no name server knows, by a name that says why:
 * what needs no database, like generating a migration from the snapshot, still works.
 */
export const databaseUrl =
  process.env['DATABASE_URL'] ?? 'postgresql://database-url-is-not-set.invalid/none'
