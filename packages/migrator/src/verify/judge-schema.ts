import type { Difference } from '../catalog/index.ts'
import type { NextStep } from '../errors/next-step.ts'
import type { Fault, Step } from './report.ts'

/** What a schema should be, and what to do where it is not. */
export interface ExpectedSchema {
  readonly step: Step
  /** What it is: `the recorded schema`. */
  readonly says: string
  readonly advice: string
  readonly next?: readonly NextStep[]
}

/** What differs between a schema and the one that it should be: comments and grants count as well. */
export function judgeSchema(
  differences: readonly Difference[],
  { step, says, advice, next }: ExpectedSchema,
): Fault[] {
  return differences.flatMap((difference) =>
    describe(difference, says).map((words) => ({
      step,
      cause: 'schema',
      object: `${difference.kind} ${difference.identity}`,
      ...words,
      advice,
      ...(next && { next }),
    })),
  )
}

function describe(
  { what, kind, changes }: Difference,
  says: string,
): Pick<Fault, 'said' | 'happened'>[] {
  if (what === 'missing') return [{ said: `${says} has this ${kind}`, happened: 'it is not there' }]
  if (what === 'extra') return [{ said: `${says} has no such ${kind}`, happened: 'it is there' }]
  return changes.map(({ property, here, there }) => ({
    said: `${says} has ${property} = ${show(there)}`,
    happened: `${property} = ${show(here)}`,
  }))
}

function show(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value)
}
