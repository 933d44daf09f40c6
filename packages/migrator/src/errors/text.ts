import { renderFields, renderObjects, type PostgresError } from './postgres-error.ts'
import { maskSecrets } from './mask-secrets.ts'

/** What may be run to get on, and what for. */
export interface NextStep {
  readonly command: string
  readonly why: string
}

/** An error's message for people: its sentence, what PostgreSQL said beside its own, and what to run. */
export function fullText(
  sentence: string,
  postgres: PostgresError | undefined,
  next: readonly NextStep[],
): string {
  const said = postgres ? [...renderFields(postgres), renderObjects(postgres)] : []
  const steps = next.map(({ command, why }) => `${why}: ${command}`)
  return [maskSecrets(sentence), ...said, ...steps].join('\n')
}
