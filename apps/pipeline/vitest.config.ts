import { projects } from '@techfacts/postgres/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: projects({
      majors: [18, 15],
      // The tables of the job queue; the service itself asks nothing that depends on the server's version.
      onAll: ['src/queue.db.test.ts'],
    }),
  },
})
