import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { ROOT } from './root.ts'

/** The engine, whose rooms (folders, or files at the top) this is about. */
export const ENGINE = join(ROOT, 'packages/migrator/src')

/**
 * The rooms of the engine from the ground up, one line a floor. A room imports only from rooms before it, types
 * included. ARCHITECTURE.md says what each room knows.
 */
const FLOORS = `
  migration.ts database-state.ts version.ts errors
  catalog events.ts sql
  phase ddl known releases safe-forms recipes lint plan compiled project
  session
  journal gate
  locks drift archive rows reference
  backfill run scratch
  verify
  inspect repair adopt grant
  mikro-orm
  index.ts
  cli
`
  .trim()
  .split('\n')
  .map((floor) => floor.trim().split(' '))

export const ROOMS = FLOORS.flat().filter((room) => existsSync(join(ENGINE, room)))

/** One room's import of another, by the files that do it. */
export interface Import {
  readonly from: string
  readonly to: string
  readonly file: string
  readonly imported: string
}

/** Every import from one room into another; tests and their tools may import anything. */
export function importsBetweenRooms(): Import[] {
  const files = readdirSync(ENGINE, { recursive: true, encoding: 'utf8' })
  return files.filter(isProduction).flatMap((file) => {
    const specifiers = readFileSync(join(ENGINE, file), 'utf8').matchAll(
      /(?:from|import\()\s*'(\.[^']+)'/g,
    )
    return [...specifiers].flatMap(([, specifier = '']) => {
      const imported = relative(ENGINE, normalize(join(ENGINE, dirname(file), specifier)))
      const [from, to] = [findRoom(file), findRoom(imported)]
      return from === to || to === '..' ? [] : [{ from, to, file, imported }]
    })
  })
}

/** True of what ships: tests and their tools do not. */
export function isProduction(file: string): boolean {
  return (
    file.endsWith('.ts') &&
    !file.endsWith('.test.ts') &&
    !/(^|\/)(tests|testing)\//.test(file) &&
    statSync(join(ENGINE, file)).isFile()
  )
}

function findRoom(file: string): string {
  return file.split('/')[0] ?? file
}
