import { renderFields, renderObjects, type PostgresError } from './postgres-error.ts'
import { maskSecrets } from './mask-secrets.ts'

/** An error's message for people: its sentence, then the fields of PostgreSQL's error. */
export function fullText(sentence: string, postgres: PostgresError | undefined): string {
  const said = postgres ? [...renderFields(postgres), renderObjects(postgres)] : []
  return [maskSecrets(sentence), ...said].join('\n')
}
