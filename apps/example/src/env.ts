/** The database to read, as a role that may do no more than that. */
export const databaseUrl = process.env['DATABASE_URL'] || undefined
