import { renderFields, renderObjects, type PostgresError } from './postgres-error.ts'
import { redact } from './redact.ts'

/** An error's message for people: its sentence, and what PostgreSQL said beside its own. */
export function fullText(sentence: string, postgres: PostgresError | undefined): string {
  const said = postgres ? [...renderFields(postgres), renderObjects(postgres)] : []
  return [redact(sentence), ...said].join('\n')
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
