/** The database that MikroORM's CLI works on, or undefined where DATABASE_URL is not set. */
export function databaseUrl(): string | undefined {
  return process.env.DATABASE_URL
}
