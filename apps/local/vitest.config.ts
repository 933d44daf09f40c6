import { longTests } from '@techfacts/postgres/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { ...longTests, testTimeout: 120_000, hookTimeout: 120_000 },
})
