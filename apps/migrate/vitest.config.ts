import { projects } from '@techfacts/postgres/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: projects({
      majors: [18, 15],
      // What the program prints, and what it makes of its input.
      once: ['src/{code,inputs,messages,plan,terminal}.db.test.ts'],
    }),
  },
})
