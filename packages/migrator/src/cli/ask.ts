import { undecidedProblems, type AdoptionPlan } from '../adopt/adoption-plan.ts'
import { parseDecisions, type Decisions } from '../adopt/decisions.ts'

import { createInterface } from 'node:readline/promises'
import { renderProblem } from './render/adoption.ts'

/** True where a person can answer: on a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/** Asks about each problem that nothing was decided about; an empty answer leaves it so. */
export async function askDecisions({ problems }: AdoptionPlan): Promise<Decisions> {
  const decisions = new Map(parseDecisions([]))
  for (const problem of undecidedProblems(problems)) {
    process.stderr.write(`\n${renderProblem(problem)}\n`)
    const answer = await ask(`${problem.name}=`)
    if (answer === '') continue
    for (const [name, choices] of parseDecisions([`${problem.name}=${answer}`])) {
      decisions.set(name, choices)
    }
  }
  return decisions
}

/** Only a whole "yes" is one. */
export async function confirm(question: string): Promise<boolean> {
  return (await ask(`${question} (yes/no) `)) === 'yes'
}

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question(question)).trim()
  } finally {
    terminal.close()
  }
}
