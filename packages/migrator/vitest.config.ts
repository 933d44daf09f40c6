import { LongFirst, projects } from '@techfacts/postgres/vitest'
import { defineConfig } from 'vitest/config'

/** Rooms that read catalogs, wait for locks, or change a database: what they ask depends on the server's version. */
const ROOMS = [
  'adopt',
  'archive',
  'catalog',
  'drift',
  'journal',
  'locks',
  'repair',
  'run',
  'safe-forms',
  'scratch',
  'session',
]

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: projects({
      majors: [18, 15],
      onAll: ROOMS.map((room) => `src/${room}`),
      alsoOn: { majors: [17, 16], folder: 'src/catalog' },
    }),
  },
})
