import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hashProject } from '../project/hash.ts'
import { mikroOrmProject } from '../mikro-orm/project.ts'

/** A migration of a scratch project, in the words of a test. */
export interface ScratchMigration {
  readonly up: readonly string[]
  readonly down?: readonly string[]
  /** Members of the class, as source text. */
  readonly members?: string
}

/** A MikroORM project of migrations only, in a folder of its own. */
export interface ScratchProject {
  readonly config: string
  readonly manifest: string
  /** Writes or rewrites one migration. The manifest is left as it is. */
  write(name: string, migration: ScratchMigration): Promise<void>
  writeRaw(file: string, text: string): Promise<void>
  remove(name: string): Promise<void>
  lock(): Promise<void>
  /** The same project in another folder, for a test to change. */
  copy(): Promise<ScratchProject>
  drop(): Promise<void>
}

/** Inside the repository, where MikroORM's packages are found. */
const HOME = fileURLToPath(new URL('../../.data/', import.meta.url))

const CONFIG = `
import { defineConfig } from '@mikro-orm/postgresql'
export default defineConfig({
  clientUrl: 'postgres://nobody@localhost/none',
  entities: [],
  discovery: { warnWhenNoEntities: false },
  baseDir: import.meta.dirname,
  preferTs: false,
  migrations: { path: 'migrations', snapshot: false },
})
`

/** Makes a project with these migrations, and locks it. */
export async function scratchProject(
  migrations: Readonly<Record<string, ScratchMigration>>,
): Promise<ScratchProject> {
  const folder = await newFolder()
  await mkdir(join(folder, 'migrations'))
  await writeFile(join(folder, 'mikro-orm.config.ts'), CONFIG)
  const project = projectIn(folder)
  for (const [name, migration] of Object.entries(migrations)) await project.write(name, migration)
  await project.lock()
  return project
}

async function newFolder(): Promise<string> {
  await mkdir(HOME, { recursive: true })
  return mkdtemp(join(HOME, 'scratch-'))
}

function projectIn(folder: string): ScratchProject {
  const config = join(folder, 'mikro-orm.config.ts')
  const path = (file: string) => join(folder, 'migrations', file)
  return {
    config,
    manifest: join(folder, 'migrations.manifest.json'),
    write: (name, migration) => writeFile(path(`${name}.ts`), sourceOf(migration)),
    writeRaw: (file, text) => writeFile(path(file), text),
    remove: (name) => rm(path(`${name}.ts`)),
    lock: async () => {
      await hashProject(mikroOrmProject(config))
    },
    copy: async () => {
      const other = await newFolder()
      await cp(folder, other, { recursive: true })
      return projectIn(other)
    },
    drop: () => rm(folder, { recursive: true }),
  }
}

function sourceOf({ up, down, members = '' }: ScratchMigration): string {
  return `import { Migration } from '@mikro-orm/migrations'

export class Scratch extends Migration {
${members}
  override up() {
${queued(up)}
  }
${down ? `  override down() {\n${queued(down)}\n  }\n` : ''}}
`
}

function queued(statements: readonly string[]): string {
  return statements.map((sql) => `    this.addSql(${JSON.stringify(sql)})`).join('\n')
}
