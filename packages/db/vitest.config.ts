import { projects } from '@techfacts/postgres/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: projects({
      majors: [18, 15],
      // What the migrations make and revert. Adoptions, and what becomes of values, are the engine's, which tests them on both.
      onAll: ['src/{catalogs,entities,fixtures,gate,migrations}.db.test.ts', 'src/seeders'],
    }),
  },
})
