import { LongFirst, projects } from '@techfacts/postgres/vitest'
import { defineConfig } from 'vitest/config'

/** Rooms that read catalogs or wait for locks: what they ask depends on the server's version. */
const ROOMS = [
  'adopt',
  'catalog',
  'drift',
  'lint',
  'locks',
  'recipes',
  'reference',
  'rows',
  'safe-forms',
  'scratch',
  'session',
]

/** Of the other rooms what an older version does in another way, and what the archive's property test finds there. */
const FILES = ['mikro-orm/squash', 'archive/way-back', 'run/session-state', 'run/settings']

/** Single cases of what the property test and `decisions` show in short. */
const CASES =
  '{chains,derived-values,lent-values,lost-columns,moved-keys,newer-data,references,refused-values,replaced-keys,replaced-tables,stands-for,two-segments,written-again}'

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: projects({
      majors: [18, 15],
      onAll: [
        ...ROOMS.map((room) => `src/${room}`),
        ...FILES.map((file) => `src/${file}.db.test.ts`),
      ],
      leftToCi: [`src/archive/${CASES}.db.test.ts`],
      alsoOn: { majors: [17, 16], places: ['src/catalog', 'src/locks/lock-table.db.test.ts'] },
    }),
  },
})
