import { join } from 'node:path'
import type { OutputOptions } from 'rolldown'

type Splitting = Extract<OutputOptions['codeSplitting'], object>
type Group = NonNullable<Splitting['groups']>[number]
type ChunkingContext = Parameters<Extract<Group['name'], (...args: never) => unknown>>[1]

/**
 * The files that runs load whole, and the modules of the engine where the imports of each begin. A module that several
 * reach is in the first of them.
 */
const FILES = {
  /** With nothing to do: each is imported when the one before it runs. */
  idle: [
    'cli/process.ts',
    'cli/run.ts',
    'cli/commands/start.ts',
    'cli/commands/up.ts',
    'run/index.ts',
  ],
  /** With something to do. */
  apply: ['run/session.ts'],
}

/** One file of all that a run imports: each further one costs it time, 45 of them a third of Node's when applying. */
export function chunksOfRuns(engine: string): Group[] {
  return Object.entries(FILES).map(([file, roots], place, all) => {
    let modules: ReadonlySet<string> | undefined
    return {
      debugName: file,
      priority: all.length - place,
      name: (id, context) => {
        modules ??= closure(
          roots.map((root) => join(engine, root)),
          context,
        )
        return modules.has(id) ? file : null
      },
    }
  })
}

/** The modules and all that they import statically. */
function closure(roots: readonly string[], context: ChunkingContext): ReadonlySet<string> {
  const found = new Set(roots)
  for (const id of found) {
    for (const imported of context.getModuleInfo(id)?.importedIds ?? []) found.add(imported)
  }
  return found
}
