import { withClient } from '../testing/test-database.ts'

const TABLE = 'one'

/** Has the text of its namesake in another file, and makes another table. */
export async function prepare(url: string): Promise<void> {
  await withClient(url, (client) => client.query(`create table ${TABLE} (id int)`))
}
