import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ROOT } from '../root.ts'

/** The repository as a reader of its files; a test changes one of them in its head. */
export type Repository = {
  readonly read: (path: string) => string
  readonly exists: (path: string) => boolean
  readonly workspace: ReadonlyMap<string, WorkspacePackage>
}
export type WorkspacePackage = {
  readonly folder: string
  readonly scripts: object
  readonly dependencies: object
}

/** Opens this repository, with other text in the files of `changed`. */
export function openRepository(changed: Readonly<Record<string, string>> = {}): Repository {
  const read = (path: string) => changed[path] ?? readFileSync(join(ROOT, path), 'utf8')
  const folders = ['apps', 'packages'].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`),
  )
  const workspace = folders.map((folder) => {
    const { name, ...own } = manifest.parse(JSON.parse(read(`${folder}/package.json`)))
    return [name, { folder, ...own }] as const
  })
  return { read, exists: (path) => existsSync(join(ROOT, path)), workspace: new Map(workspace) }
}

const manifest = z.object({
  name: z.string(),
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: z.record(z.string(), z.string()).default({}),
})

/** What the image of the migrate step runs: `pnpm build` makes it, and image.test.ts runs that. */
const BUILT = 'apps/migrate/code/main.js'

/** Whether a command can be run: `pnpm --filter <package> <script>` or `node <file> <command>`. */
export function faultsOfCommand(
  { workspace, exists }: Repository,
  command: readonly string[],
): string[] {
  const [program, first = '', second = '', third = ''] = command
  if (program === 'pnpm') {
    const found = workspace.get(second)
    if (first !== '--filter' || !found)
      return [`${command.join(' ')}: there is no package ${second}`]
    return third in found.scripts ? [] : [`${second} has no script ${third}`]
  }
  if (program !== 'node' || !(first === BUILT || exists(first)))
    return [`there is no ${first} to run`]
  // The migrate step is the engine's command line with a configuration.
  const file = `packages/migrator/src/cli/commands/${second}.ts`
  return second && !exists(file) ? [`${first} has no command ${second}`] : []
}
