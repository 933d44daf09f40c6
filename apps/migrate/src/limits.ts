import { failure, type Limits } from '@techfacts/migrator'
import type { Call } from './command.ts'

/** What the options say of how long a run may wait; the engine's own limits hold for the rest. */
export function limitsOf(flags: Call['flags']): Partial<Limits> {
  return {
    ...defined('lockWait', milliseconds(flags, 'lock-wait')),
    ...defined('lockBudget', milliseconds(flags, 'lock-budget')),
    ...defined('statementTimeout', milliseconds(flags, 'statement-timeout')),
    ...defined('cancelIdleAfter', cancelIdleAfter(flags['cancel-blockers'])),
  }
}

/** An option in seconds, as milliseconds. Throws PROJECT_INVALID. */
export function milliseconds(flags: Call['flags'], name: string): number | undefined {
  const value = flags[name]
  if (typeof value !== 'string') return undefined
  const seconds = Number(value)
  if (value.trim() !== '' && Number.isFinite(seconds) && seconds >= 0) return seconds * 1000
  throw failure('PROJECT_INVALID', {
    reason: `--${name} is "${value}", but must be a number of seconds.`,
  })
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 }

function cancelIdleAfter(value: Call['flags'][string]): number | undefined {
  if (typeof value !== 'string') return undefined
  const [, count, unit = ''] = /^idle-in-transaction:(\d+(?:\.\d+)?)(ms|s|min|h)$/.exec(value) ?? []
  const factor = UNITS[unit]
  if (count !== undefined && factor !== undefined) return Number(count) * factor
  throw failure('PROJECT_INVALID', {
    reason: `--cancel-blockers is "${value}", but must be like idle-in-transaction:30s (ms, s, min or h).`,
  })
}

function defined<Key extends string>(key: Key, value: number | undefined): { [K in Key]?: number } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: number })
}
