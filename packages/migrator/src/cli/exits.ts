import { EXIT, type ExitName } from '../errors/entry.ts'

/** What each exit code means, for the help and for the documents. */
export const EXIT_WORDS: Readonly<Record<ExitName, string>> = {
  done: 'done, or nothing to do',
  failed: 'failed; what was committed is in the journal, the rest is rolled back',
  usage: 'the command line, the environment or the configuration cannot be used',
  refused: 'refused as unsafe; nothing was changed',
  locked: 'another run holds the migration lock',
  pending: 'something is pending',
  integrity: 'files, manifest, ledger, journal and schema do not agree',
  blocked: 'other sessions held table locks for too long',
}

/** Nothing exits with these: a signal ends the process, and a shell makes a number of it. */
export const SIGNAL_WORDS: readonly (readonly [code: string, words: string])[] = [
  ['130', 'stopped by Ctrl-C (SIGINT), 143 by SIGTERM, 129 by SIGHUP; run it again to go on'],
]

/** Every command may end with these. */
const ALWAYS: ReadonlySet<ExitName> = new Set(['done', 'usage'])

/** `0  done, or nothing to do`, in the order of the codes. */
export function exitLines(exits: readonly ExitName[]): [code: string, words: string][] {
  const names = (Object.keys(EXIT_WORDS) as ExitName[]).filter(
    (name) => ALWAYS.has(name) || exits.includes(name),
  )
  return names.map((name) => [String(EXIT[name]), EXIT_WORDS[name]])
}

/** Whether a command that declares `exits` may end with `code`. */
export function isDeclared(exits: readonly ExitName[], code: number): boolean {
  return exitLines(exits).some(([declared]) => declared === String(code))
}

/** Of every command that looks at a database: it fails, what is there is not to be trusted, or files and database disagree. */
export const LOOKING: readonly ExitName[] = ['failed', 'refused', 'integrity']

/** Of every command that changes one. */
export const CHANGING: readonly ExitName[] = ['failed', 'refused', 'locked', 'integrity', 'blocked']
