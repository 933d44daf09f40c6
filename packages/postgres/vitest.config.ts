import { defineConfig } from 'vitest/config'
import { projects } from './src/testing/vitest.ts'

export default defineConfig({
  test: { projects: projects({ majors: [18, 15], onAll: ['src/testing'] }) },
})
