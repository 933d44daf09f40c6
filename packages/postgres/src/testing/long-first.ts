import { readFile } from 'node:fs/promises'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Whether a test file shares a list of cases out among majors. */
function isShared(text: string): boolean {
  return /\b(inTurn|shareOut)\(/.test(text)
}

/**
 * Starts the files with a long list of cases, which is shared out, before all others. Where vitest does not
 * know yet how long a file takes it begins with the largest, and such a file is a small one: the last to start, it would
 * leave every worker but its own without work.
 */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = await Promise.all(
      sorted.map(async ({ moduleId }) => isShared(await readFile(moduleId, 'utf8'))),
    )
    return [...sorted.filter((_, n) => isLong[n]), ...sorted.filter((_, n) => !isLong[n])]
  }
}
