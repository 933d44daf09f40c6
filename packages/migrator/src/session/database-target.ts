import type { ClientConfig } from 'pg'
import type { ConnectOptions } from './connect.ts'
import type { Listener } from '../events.ts'
import { createActor, type Actor } from './actor.ts'
import { DEFAULT_LIMITS, type Limits } from './session.ts'
import type { StatementListener } from './statements.ts'

/** A database, with the actor, limits and listeners of the work on it. */
export interface DatabaseTarget extends ConnectOptions {
  readonly limits: Limits
  readonly actor: Actor
  /** Made for a try, and dropped after it: no service works on it. */
  readonly isThrowAway?: boolean
  readonly onEvent: Listener
  /** Is called with each statement of a migration. The ORM reports the queries of code. */
  readonly onStatement?: StatementListener
}

/** Settings of a target besides its URL; times in milliseconds. */
export interface TargetSettings {
  readonly applicationName?: string
  /** What unqualified names mean; without it, what the server says. */
  readonly schema?: string | undefined
  /** How long to wait for a server that does not answer yet; 0 by default. */
  readonly wait?: number
  readonly limits?: Partial<Limits>
  /** The caller's commit or image, for the journal. */
  readonly build?: string | undefined
  readonly onEvent?: Listener
  readonly onStatement?: StatementListener
}

/**
 * Describes how to work on a database, by its URL or by the options of pg's Client; connects to nothing.
 * @example
 * await run(mikroOrmProject('./mikro-orm.config.ts'), databaseTarget(url), { direction: 'up', target: 'head' })
 */
export function databaseTarget(
  database: string | ClientConfig,
  settings: TargetSettings = {},
): DatabaseTarget {
  return {
    database,
    schema: settings.schema,
    applicationName: settings.applicationName ?? 'migrator',
    wait: settings.wait ?? 0,
    limits: { ...DEFAULT_LIMITS, ...settings.limits },
    actor: createActor(settings.build),
    onEvent: settings.onEvent ?? (() => {}),
    ...(settings.onStatement && { onStatement: settings.onStatement }),
  }
}
