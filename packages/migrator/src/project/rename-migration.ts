import { dirname, extname, join } from 'node:path'
import type { LoadedProject } from './project.ts'
import { sha256 } from '../sql/checksum.ts'

/** A migration of a loaded project. */
export type LoadedMigration = LoadedProject['migrations'][number]

/** A migration with the name that it gets, and the text that its file then has. */
export interface RenamedMigration {
  readonly from: LoadedMigration
  readonly to: LoadedMigration
  readonly text: string
}

/** A migration as it is under another name: its checksum stays. Pure. */
export function renameMigration(
  from: LoadedMigration,
  name: string,
  source: string,
): RenamedMigration {
  const { migration } = from
  const text = renameClass(source, from, name)
  const to = {
    ...from,
    migration: { ...migration, name },
    file: join(dirname(from.file), `${name}${extname(from.file)}`),
    bytes: sha256(text),
  }
  return { from, to, text }
}

/** Of code the text is what is compared, and a class that is named elsewhere in its file stays what it is called there. */
function renameClass(text: string, { migration }: LoadedMigration, name: string): string {
  const isCode = migration.up.kind === 'code' || migration.down.kind === 'code'
  const isUnique = text.split(migration.name).length === 2
  if (isCode || !isUnique || !/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name)) return text
  return text.replace(`class ${migration.name} `, `class ${name} `)
}
