import { renderFields, renderObjects, type PostgresError } from './postgres-error.ts'
import { maskAddresses } from './mask-secrets.ts'

/** An error's message for people: its sentence, whose parts have been masked, then the fields of PostgreSQL's error. */
export function fullText(sentence: string, postgres: PostgresError | undefined): string {
  const said = postgres ? [...renderFields(postgres), renderObjects(postgres)] : []
  return [maskAddresses(sentence), ...said].join('\n')
}
