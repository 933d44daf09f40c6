import { commandLine, quoteForShell, type WordCommand } from '../errors/next-step.ts'
import { redact } from '../errors/redact.ts'

/** How a next step is written here: behind `program`, or behind what was just typed. */
export function wordFor(program: string, argv: readonly string[]): WordCommand {
  return (step) => {
    const typed = [program, ...argv.map(quoteForShell)].join(' ')
    return redact(commandLine(step.command === 'again' ? typed : program, step))
  }
}
