import { isShared, LongFirst, projects } from '@techfacts/postgres/vitest'
import { globSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

/** Rooms that read catalogs or wait for locks: what they ask depends on the server's version. */
const ROOMS = [
  'adopt',
  'catalog',
  'drift',
  'lint',
  'locks',
  'rows',
  'safe-forms',
  'scratch',
  'session',
]

/** Rooms whose long lists are shared out; the rest of their tests runs on both in a soak alone. */
const SHARING = ['journal', 'run']

/** What the archive keeps on an older version its property test tells; its single cases run there in a soak. */
const WAY_BACK = 'src/archive/way-back.db.test.ts'

const lists = SHARING.flatMap((room) => globSync(`src/${room}/*.db.test.ts`)).filter((file) =>
  isShared(readFileSync(file, 'utf8')),
)

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: projects({
      majors: [18, 15],
      onAll: [...ROOMS.map((room) => `src/${room}`), ...lists, WAY_BACK],
      alsoOn: { majors: [17, 16], places: ['src/catalog', 'src/locks/lock-table.db.test.ts'] },
    }),
  },
})
