import { resolve } from 'node:path'
import { statSync } from 'node:fs'
import { failure } from '../errors/index.ts'
import type { WordStep } from '../errors/next-step.ts'
import type { Listener } from '../events.ts'
import { findConfig } from '../mikro-orm/find-config.ts'
import { mikroOrmProject } from '../mikro-orm/project.ts'
import { databaseTarget } from '../session/database-target.ts'
import { parseUrl } from '../session/database-url.ts'
import type { Call } from './command.ts'
import type { Environment } from './env.ts'
import { readLimits, type CommonFlags } from './options.ts'
import type { Parsed } from './program.ts'
import { withProgress } from './progress.ts'
import { untilSignal } from './signals.ts'
import type { CliSettings } from './settings.ts'

/** Runs a command, prints what it has to say, and returns its exit code. Throws MigratorError. */
export async function runCommand(
  { command, args, flags }: Parsed,
  environment: Environment,
  settings: CliSettings,
  word: WordStep,
): Promise<number> {
  const common: CommonFlags = flags
  const call = (onEvent: Listener): Call<never> => ({
    args,
    flags: flags as never,
    environment,
    onEvent,
    word,
    scratchUrl: common.scratchUrl ?? settings.scratchUrl,
    say: (text) => void (common.json || process.stderr.write(text)),
    database: bindDatabase(common, environment, onEvent),
    // Looked for only by a command that needs one: grant works without.
    get project() {
      const config = common.config ?? environment.config
      const { project } = settings
      return config === undefined && project
        ? project
        : {
            ...mikroOrmProject(configPath(config, settings)),
            mayBeEdited: environment.isDevelopment,
          }
    },
  })
  const work = (onEvent: Listener) => command.run(call(onEvent))
  const { text, json, exit } = await (common.json
    ? untilSignal(
        () => {},
        () => work(() => {}),
      )
    : withProgress(environment, work))
  process.stdout.write(common.json ? `${JSON.stringify(json)}\n` : text)
  return exit
}

function bindDatabase(
  flags: CommonFlags,
  environment: Environment,
  onEvent: Listener,
): Call<never>['database'] {
  return ({ url = environment.databaseUrl ?? '', wait = 0 } = {}) => {
    parseUrl(url)
    return databaseTarget(url, {
      applicationName: 'migrate',
      wait: flags.wait ?? wait * 1000,
      limits: readLimits(flags),
      build: environment.build,
      onEvent,
    })
  }
}

function configPath(given: string | undefined, settings: CliSettings): string {
  if (given === undefined) return settings.config ?? findConfig()
  const path = resolve(given)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found && !found.isDirectory()) return path
  const reason = found ? 'is a folder, not a file' : 'does not exist'
  throw failure('PROJECT_INVALID', {
    reason: `The configuration ${path} ${reason}. Check --config or MIGRATE_CONFIG.`,
  })
}
