import { maskSecrets } from './mask-secrets.ts'

/** What to do next, and why: a command of this tool, SQL or a setting, as data that each front end words. */
export type NextStep = CommandStep | StatementStep | SettingStep

/** `{ command: 'repair', args: ['M1'], options: { reason: 'WHY' }, why: 'If its work is there' }` */
export interface CommandStep {
  /** `again`: what was just run, with `options` in addition. */
  readonly command: CommandName | 'again'
  readonly args?: readonly string[]
  /** By their names in camel case. A value that the reader has to fill in is one word in capitals: `WHY`. */
  readonly options?: StepOptions
  /** A clause that goes before "run": `If they are new`, `To wait longer`. */
  readonly why: string
}

export interface StatementStep {
  /** Without a semicolon at its end. */
  readonly sql: string
  readonly why: string
}

export interface SettingStep {
  /** The URL of the database, one that leads past a pooler, or the password that the role is given. */
  readonly setting: 'databaseUrl' | 'directUrl' | 'rolePassword'
  /** A clause that goes before "set": `To connect to a database`. */
  readonly why: string
}

export type StepOptions = Readonly<Record<string, true | string | readonly string[]>>

/** The commands of the command line, which implements each of them. */
export type CommandName =
  | 'adopt'
  | 'archive'
  | 'backfill'
  | 'check'
  | 'create'
  | 'diff'
  | 'down'
  | 'erd'
  | 'grant'
  | 'hash'
  | 'history'
  | 'lint'
  | 'plan'
  | 'rebase'
  | 'release'
  | 'repair'
  | 'reset'
  | 'seed'
  | 'squash'
  | 'start'
  | 'status'
  | 'up'
  | 'verify'

/** How the command line that comes with this package is called. */
export const BIN = 'npx @techfacts/migrator'

/** How a front end writes a command, or names a setting; undefined where it has none for it, and says nothing. */
export type WordStep = (
  step: Omit<CommandStep, 'why'> | Omit<SettingStep, 'why'>,
) => string | undefined

/** `If they are new, run: migrate hash`, a line for each step. */
export function renderSteps(steps: readonly NextStep[], word: WordStep): string[] {
  return steps.flatMap((step) => {
    const line = 'sql' in step ? maskSecrets(step.sql) : word(step)
    const verb = 'setting' in step ? 'set' : 'run'
    return line === undefined ? [] : [`${step.why}, ${verb}: ${line}`]
  })
}

/** An error's message with what to run, for a front end whose reader sees nothing but the message. */
export function renderFailure(
  { message, next }: { readonly message: string; readonly next: readonly NextStep[] },
  word: WordStep,
): string {
  return [message, ...renderSteps(next, word)].join('\n')
}

/** A step as a shell command without secrets. For `again`, `program` includes the command that was just run. */
export function commandLine(
  program: string,
  { command, args, options }: Omit<CommandStep, 'why'>,
): string {
  return [
    ...(command === 'again' ? [program] : [program, command]),
    ...(args ?? []).map(shownWord),
    ...Object.entries(options ?? {}).flatMap(([name, value]) => optionWords(name, value)),
  ].join(' ')
}

function optionWords(name: string, value: StepOptions[string]): string[] {
  const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  if (value === true) return [flag]
  const values = typeof value === 'string' ? [value] : value
  return values.map((one) => `${flag} ${shownWord(one)}`)
}

/**
 * A word of a POSIX shell that holds no secret. Each word is masked alone, and without the dashes of an option: they
 * would begin a comment of SQL, which goes where a folder in it is called secret.
 */
export function shownWord(word: string): string {
  const [dashes = ''] = /^-*/.exec(word) ?? []
  return quoteForShell(dashes + maskSecrets(word.slice(dashes.length)))
}

function quoteForShell(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
