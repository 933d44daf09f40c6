import { createHash } from 'node:crypto'
import { beforeEach } from 'vitest'
import { onEveryMajor, quarter } from './env.ts'

declare module 'vitest' {
  interface TestTags {
    tags: 'long'
  }
}

/** 0 to 3, by what the test is called: the same in every checkout. */
function quarterOf(name: string): number {
  return (createHash('sha256').update(name).digest()[0] ?? 0) % 4
}

/** A test tagged `long` runs in `.ci/run` with a quarter of all commits, and in a soak always. */
beforeEach(({ task, skip }) => {
  if (!task.tags?.includes('long')) return
  skip(!onEveryMajor, 'takes long: left to .ci/run')
  const own = quarterOf(`${task.file.projectName} ${task.fullTestName}`)
  skip(quarter !== undefined && own !== quarter, `takes long: runs with TEST_QUARTER=${own}`)
})
