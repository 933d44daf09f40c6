import { LongFirst, projects } from '@techfacts/postgres/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: projects({
      majors: [18, 15],
    }),
  },
})
