import { commandLine, shownWord, type SettingStep, type WordStep } from '../errors/next-step.ts'

/** The variable that has a setting: `env.ts` reads it. */
const VARIABLES: Readonly<Record<SettingStep['setting'], string>> = {
  databaseUrl: 'DATABASE_URL',
  directUrl: 'MIGRATE_DATABASE_URL',
  rolePassword: 'MIGRATE_ROLE_PASSWORD',
}

/** How a next step is written here: after `program`, or after what was just typed. */
export function wordFor(program: string, argv: readonly string[]): WordStep {
  return (step) => {
    if ('setting' in step) return VARIABLES[step.setting]
    const typed = [program, ...argv.map(shownWord)].join(' ')
    return commandLine(step.command === 'again' ? typed : program, step)
  }
}
