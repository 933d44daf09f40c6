import { MigratorError } from '../errors/index.ts'
import {
  BIN,
  commandLine,
  renderFailure,
  type CommandStep,
  type NextStep,
  type SettingStep,
} from '../errors/next-step.ts'

/** What MikroORM's own command line has under another name. With arguments its targets mean something else. */
const OF_MIKRO_ORM: Partial<Record<CommandStep['command'], string>> = {
  check: 'migration:check',
  create: 'migration:create',
  status: 'migration:list',
  up: 'migration:up',
}

/** `error` with what to run in its message, since whoever calls MikroORM's Migrator sees nothing else of it. */
export function withSteps(error: unknown): unknown {
  if (!(error instanceof MigratorError) || error.next.length === 0) return error
  const { message, ...properties } = Object.getOwnPropertyDescriptors(error)
  const value = [renderFailure(error, word), ...renderAnswers(error.next)].join('\n')
  return Object.create(MigratorError.prototype, { ...properties, message: { ...message, value } })
}

/** What the command line takes as options of `create`: MikroORM's own passes none, so they stand in the configuration. */
function renderAnswers(next: readonly NextStep[]): string[] {
  // Values of other columns are answers of the command line alone.
  const known = next.filter((step) => 'command' in step && !step.options?.fill)
  const lists = ['rename', 'drop'].flatMap((name) => {
    const answers = known.flatMap((step) =>
      'command' in step
        ? [step.options?.[name] ?? []]
            .flat()
            .map((answer) => `      ${quoted(answer)}, // ${step.why}`)
        : [],
    )
    return answers.length === 0 ? [] : [`    ${name}: [`, ...answers, '    ],']
  })
  return lists.length === 0
    ? []
    : [
        'Keep what is true of this beside the other options of migrations:',
        '  answers: {',
        ...lists,
        '  },',
      ]
}

/** As a configuration in JavaScript has it. */
function quoted(text: string | true): string {
  return `'${String(text).replaceAll(/['\\]/g, '\\$&')}'`
}

function word(step: Omit<CommandStep, 'why'> | Omit<SettingStep, 'why'>): string | undefined {
  // Where the connection comes from is the project's configuration, which its owner knows.
  if ('setting' in step) return step.setting === 'rolePassword' ? undefined : 'clientUrl'
  const own = OF_MIKRO_ORM[step.command]
  if (own !== undefined && !step.args?.length && !step.options) return `npx mikro-orm ${own}`
  return step.command === 'again' ? undefined : commandLine(BIN, step)
}
