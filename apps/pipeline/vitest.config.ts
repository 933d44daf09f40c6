import { projects } from '@techfacts/postgres/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: projects({
      majors: [18, 15],
      // HTTP and jobs: what asks the gate (service, older-build) and what makes the queue's schema runs on both.
      once: ['src/{app,jobs}.db.test.ts', 'src/services/extraction-runs.db.test.ts'],
    }),
  },
})
