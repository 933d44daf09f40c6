import type { NextStep } from './next-step.ts'

/** The exit codes of the command line. The documents take them from here. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  locked: 4,
  pending: 5,
  integrity: 6,
  blocked: 7,
} as const

export type ExitName = keyof typeof EXIT

/** An error of the catalogue: how the process exits, its sentence, and what to run to get on. */
export type Entry = readonly [
  exit: ExitName,
  say: (parameters: never) => string,
  stepsOf?: (parameters: never) => readonly NextStep[],
]

export type Entries = Readonly<Record<string, Entry>>
