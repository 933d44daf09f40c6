import { createHash } from 'node:crypto'
import { beforeEach } from 'vitest'
import { onEveryMajor, quarter, QUARTERS } from './env.ts'

declare module 'vitest' {
  interface TestTags {
    tags: 'long'
  }
}

/** By what the test is called, so that it is the same in every checkout. */
function quarterOf(name: string): number {
  return (createHash('sha256').update(name).digest()[0] ?? 0) % QUARTERS.length
}

/** A test tagged `long` runs in `.ci/run` with every fourth commit, and in a soak always. */
beforeEach(({ task, skip }) => {
  if (!task.tags?.includes('long')) return
  skip(!onEveryMajor, 'takes long: left to .ci/run')
  const own = quarterOf(`${task.file.projectName} ${task.fullTestName}`)
  skip(quarter !== undefined && own !== quarter, `takes long: runs with TEST_QUARTER=${own}`)
})
