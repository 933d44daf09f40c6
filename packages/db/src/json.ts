/** A JSON object whose keys the database does not fix. */
export type JsonObject = Record<string, unknown>
