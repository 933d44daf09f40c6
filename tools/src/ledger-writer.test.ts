import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ENGINE, isProduction } from './floors.ts'

/** A statement that writes a table whose name is filled in as a ledger's, or MikroORM's own. */
const WRITES =
  /\b(insert into|delete from|update|truncate|create table if not exists) (\$\{\w*(ledger|table)\w*\}|"?mikro_orm_migrations)/i

test('one file writes the ledger, so that "applied" has one meaning', () => {
  // What an error advises is run by a person.
  const files = readdirSync(ENGINE, { recursive: true, encoding: 'utf8' }).filter(
    (file) => isProduction(file) && !file.startsWith('errors/'),
  )
  const writers = files.filter((file) => WRITES.test(readFileSync(join(ENGINE, file), 'utf8')))
  expect(writers).toEqual(['journal/ledger.ts'])
})
