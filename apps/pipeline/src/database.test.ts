import type { Tables } from '@techfacts/db'
import {
  Kysely,
  PostgresAdapter,
  DummyDriver,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import { expect, test } from 'vitest'
import type { Session } from './database.ts'
import { compilePage, NEWEST_FIRST } from './page.ts'

/** Compiles queries and sends none. */
const session: Session = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

// tsc checks the comments: each says that the line after it is an error. So a column that is renamed in @techfacts/db is
// an error in every query that names it.
test('queries know the tables and columns of the entities', () => {
  expect(session.selectFrom('projects').select('schema_version').compile().sql).toBe(
    'select "schema_version" from "projects"',
  )
  // @ts-expect-error no entity has this table
  session.selectFrom('project')
  // @ts-expect-error no entity has this column
  session.selectFrom('projects').select('schemaversion')
  // @ts-expect-error the column is of another table
  session.selectFrom('projects').where('uri', '=', 'x')
  // @ts-expect-error the column holds numbers
  session.selectFrom('projects').where('schema_version', '=', 'x')
  // @ts-expect-error the status is none of a source
  session.updateTable('sources').set({ status: 'extracting' })
  // @ts-expect-error a source has a URI
  session.insertInto('sources').values({ project_id: 'x', source_group: 'x' })
  const ids = session.selectFrom('projects').select('id')
  // @ts-expect-error the keys of a page are columns of its query
  compilePage({ order: NEWEST_FIRST, select: () => ids })
})
