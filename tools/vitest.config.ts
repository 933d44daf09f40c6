import { projects } from '@techfacts/postgres/vitest'
import { defineConfig } from 'vitest/config'

const patient = { testTimeout: 120_000, hookTimeout: 120_000 }

export default defineConfig({
  test: {
    projects: projects({ majors: [18] }).map((project) => ({
      ...project,
      test: { ...project.test, ...patient },
    })),
  },
})
