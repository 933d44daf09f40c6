/** A contender against its baseline: the medians of runs in pairs, one right after the other. */
export interface Compared {
  readonly ratio: number
  readonly milliseconds: number
  readonly peakMiB: number | undefined
  /** How many; fewer than were asked for where a run takes long. */
  readonly pairs: number
}

/** A contender that could not be measured. */
export interface Failed {
  readonly failure: string
}

export type Result = Compared | Failed

/** One column of the table: what was measured, and beside what. */
export interface Column {
  readonly title: string
  readonly baseline: 'psql' | 'bare Node'
  /** By the name of the contender; absent where it was not measured. */
  readonly results: ReadonlyMap<string, Result>
}

export function isCompared(result: Result | undefined): result is Compared {
  return result !== undefined && 'ratio' in result
}

const LONGEST = 200

/** Why something failed, as a line that can be published: the whole of it is for the console. */
export function describeFailure(error: unknown): string {
  const [first = '', ...more] = (error instanceof Error ? error.message : String(error)).split('\n')
  const line = more.find((one) => /\berror\b/i.test(one)) ?? first
  return line.replaceAll(/\/\/\S*@/g, '//').slice(0, LONGEST)
}
