/** The server to use for database tests instead of throw-away ones. */
export const testDatabaseUrl: string | undefined = process.env['TEST_DATABASE_URL'] || undefined
