import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** The formatters that are looked for, and what makes each write one file. */
const FORMATTERS: readonly (readonly [string, readonly string[]])[] = [
  ['oxfmt', []],
  ['prettier', ['--write']],
  ['biome', ['format', '--write']],
]

/** Formats a new file with the repository's own formatter; without one it stays as it was generated. */
export async function formatFile(path: string): Promise<void> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    for (const [name, args] of FORMATTERS) {
      const program = join(folder, 'node_modules', '.bin', name)
      if (!existsSync(program)) continue
      await promisify(execFile)(program, [...args, path], { cwd: dirname(path) }).catch(() => {})
      return
    }
    if (folder === dirname(folder)) return
  }
}
