/** The server to use for database tests instead of throw-away ones. */
export const testDatabaseUrl: string | undefined = process.env['TEST_DATABASE_URL'] || undefined

/** Whether every case runs on every major, which takes hours: `pnpm soak`. */
export const isSoak: boolean = process.env['SOAK'] === '1'
