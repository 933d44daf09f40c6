import { readFile } from 'node:fs/promises'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Starts the files with a long list of cases, which is shared out by `inTurn`, before all others. Where vitest does not
 * know yet how long a file takes it begins with the largest, and such a file is a small one: the last to start, it would
 * leave every worker but its own without work.
 */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = await Promise.all(
      sorted.map(async ({ moduleId }) => (await readFile(moduleId, 'utf8')).includes('inTurn(')),
    )
    return [...sorted.filter((_, n) => isLong[n]), ...sorted.filter((_, n) => !isLong[n])]
  }
}
