import type { JournalledBody, JournalledMigration, JournalStatement } from '../database-state.ts'
import type { Body, Migration } from '../migration.ts'

/** A migration as the journal keeps it, so that a build without its file can take it back. */
export function journalledMigration({
  transactional,
  allow,
  up,
  down,
  downRequires,
}: Migration): JournalledMigration {
  return {
    transactional,
    ...(allow && { allow }),
    up: journalledBody(up),
    down: journalledBody(down),
    downRequires,
  }
}

function journalledBody(body: Body): JournalledBody {
  if (body.kind === 'sql') return { kind: 'sql', statements: body.statements.map(({ sql }) => sql) }
  return body.kind === 'code' ? { kind: 'code' } : body
}

/** The statements of a whole migration as an entry of the journal has them. */
export function journalledStatements({ up }: Migration): JournalStatement[] {
  if (up.kind !== 'sql') return []
  return up.statements.map(({ sql, checksum }, position) => ({ position, sql, checksum }))
}
