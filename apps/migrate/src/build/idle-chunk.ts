import { join } from 'node:path'
import type { OutputOptions } from 'rolldown'

type Splitting = Extract<OutputOptions['codeSplitting'], object>
type Group = NonNullable<Splitting['groups']>[number]
type ChunkingContext = Parameters<Extract<Group['name'], (...args: never) => unknown>>[1]

/** Where the imports of a run with nothing to do begin: each is imported when the one before it runs. */
const ROOTS = [
  'cli/process.ts',
  'cli/run.ts',
  'cli/commands/start.ts',
  'cli/commands/up.ts',
  'run/index.ts',
]

/** One file of all that a run with nothing to do imports: each further one would cost it time. */
export function idleChunk(engine: string): Group {
  let idle: ReadonlySet<string> | undefined
  return {
    debugName: 'idle',
    name: (id, context) => {
      idle ??= closure(
        ROOTS.map((root) => join(engine, root)),
        context,
      )
      return idle.has(id) ? 'idle' : null
    },
  }
}

/** The modules and all that they import statically. */
function closure(roots: readonly string[], context: ChunkingContext): ReadonlySet<string> {
  const found = new Set(roots)
  for (const id of found) {
    for (const imported of context.getModuleInfo(id)?.importedIds ?? []) found.add(imported)
  }
  return found
}
