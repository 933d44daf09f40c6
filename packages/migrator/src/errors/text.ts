import { renderFields, renderObjects, type PostgresError } from './postgres-error.ts'
import { redact } from './redact.ts'

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
  return [redact(sentence), ...said, ...steps].join('\n')
}

/** The facts behind an error, as they may be shown. */
export function redactAll(
  details: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name,
      typeof value === 'string' ? redact(value) : value,
    ]),
  )
}
