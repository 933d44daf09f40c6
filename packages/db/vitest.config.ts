import { projects } from '@techfacts/postgres/vitest'
import { defineConfig } from 'vitest/config'

/** What the migrations make and revert. Adoptions, and what becomes of values, are the engine's, which tests them on both. */
const FILES = ['catalogs', 'entities', 'fixtures', 'gate', 'migrations']

export default defineConfig({
  test: {
    projects: projects({
      majors: [18, 15],
      onAll: [...FILES.map((name) => `src/${name}.db.test.ts`), 'src/seeders'],
    }),
  },
})
