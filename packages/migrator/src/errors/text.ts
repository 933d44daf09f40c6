import { renderFields, renderObjects, type PostgresError } from './postgres-error.ts'
import { maskSecrets } from './mask-secrets.ts'

/** An error's message for people: its sentence, and what PostgreSQL said beside its own. */
export function fullText(sentence: string, postgres: PostgresError | undefined): string {
  const said = postgres ? [...renderFields(postgres), renderObjects(postgres)] : []
  return [maskSecrets(sentence), ...said].join('\n')
}
