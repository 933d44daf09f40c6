import { LongFirst, projects } from '@techfacts/postgres/vitest'
import { defineConfig } from 'vitest/config'

/** Rooms that read catalogs, and whose statements depend on the server's version. */
const ROOMS = ['catalog', 'drift', 'lint', 'recipes', 'reference', 'rows', 'scratch']

/** Of the other rooms what an older version does in another way, and what the archive's property test finds there. */
const FILES = [
  'adopt/adopt',
  'archive/way-back',
  'locks/{concurrently,lock-table,lock-wait}',
  'run/{session-state,settings}',
  'safe-forms/{casts,safe-forms}',
  'session/{early-end,own-types,prepared,servers}',
]

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: projects({
      majors: [18, 15],
      onAll: [
        ...ROOMS.map((room) => `src/${room}`),
        ...FILES.map((file) => `src/${file}.db.test.ts`),
      ],
      alsoOn: { majors: [17, 16], places: ['src/catalog', 'src/locks/lock-table.db.test.ts'] },
    }),
  },
})
