import { LongFirst, projects } from '@techfacts/postgres/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: projects({
      majors: [18, 15],
      // What an interrupted run leaves, and what the next one makes of it.
      onAll: ['src/trials/interrupted-statement.db.test.ts'],
    }),
  },
})
