import type { IMigratorStorage, MigrationResult } from '@mikro-orm/core'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { failure } from '../errors.ts'
import type { Body, Migration } from '../migration.ts'
import { lockProject } from '../project/lock.ts'
import { loadVerified, openLocked, type Project } from '../project/project.ts'
import type { Connection } from '../session/connection.ts'
import { run } from '../run/run.ts'

/** Lends the project as it is now. */
export type WithProject = <T>(
  work: (project: Project, connection: Connection) => Promise<T>,
) => Promise<T>

/**
 * Lets MikroORM make one file of several, and judges what it has made before anything is recorded. A file
 * that does not do just what its parts do is taken away again, and they are put back.
 * Throws ROLLUP_REFUSED, and what `make` throws.
 */
export async function rollUp(
  files: readonly string[],
  withProject: WithProject,
  make: () => Promise<MigrationResult>,
): Promise<MigrationResult> {
  const { before, lockFile } = await withProject(async (project) => {
    const { migrations } = await loadVerified(project, await openLocked(project))
    return { before: migrations, lockFile: project.isUnlocked ? [] : [project.lockPath] }
  })
  const texts = await Promise.all([...files, ...lockFile].map(readText))
  const made = await make()
  const replaced = texts.filter(([path]) => !existsSync(path))
  const file = join(dirname(replaced[0]?.[0] ?? ''), made.fileName)
  const gone = new Set(replaced.map(([path]) => basename(path)))
  const parts = before
    .filter((one) => gone.has(basename(one.file)))
    .map(({ migration }) => migration)
  try {
    const code = withReplaces(made.code, parts)
    await writeFile(file, code)
    const all = before.map(({ migration }) => migration)
    await withProject((project, connection) => {
      const record = async () => recordRollup(project, connection)
      return judge(project, made.fileName, all, parts).then(record)
    })
    return { ...made, code }
  } catch (error) {
    for (const [path, text] of texts) await writeFile(path, text)
    await rm(file)
    throw error
  }
}

async function readText(path: string) {
  return [path, await readFile(path)] as const
}

async function judge(
  project: Project,
  fileName: string,
  all: readonly Migration[],
  parts: readonly Migration[],
): Promise<void> {
  const { migrations } = await project.load()
  const merged = migrations.find(({ file }) => basename(file) === fileName)?.migration
  const reason = merged ? lossOf(all, parts, merged) : `${fileName} is not found`
  if (reason !== undefined) throw failure('ROLLUP_REFUSED', { reason })
}

/** Runs nothing: what stands for its parts is recorded in their place, here as on any other database. */
async function recordRollup(project: Project, connection: Connection): Promise<void> {
  if (!project.isUnlocked) await lockProject(project)
  await run(project, connection, { direction: 'up', target: whereItIs })
}

function whereItIs({ applied }: { readonly applied: readonly string[] }): string {
  return applied.at(-1) ?? 'base'
}

/** MikroORM's storage while it makes a rollup: what is applied is read, and nothing is written. */
export function readOnly(storage: IMigratorStorage): IMigratorStorage {
  return {
    executed: () => storage.executed(),
    getExecutedMigrations: () => storage.getExecutedMigrations(),
    getMigrationName: (name) => storage.getMigrationName(name),
    logMigration: async () => {},
    unlogMigration: async () => {},
    setMasterMigration: () => {},
    unsetMasterMigration: () => {},
  }
}

/**
 * What a rolled-up migration would lose or change of its parts, in words; undefined where it does all that
 * they do, and only that. MikroORM copies the text of the two methods, and nothing else of a file.
 */
function lossOf(
  all: readonly Migration[],
  parts: readonly Migration[],
  merged: Migration,
): string | undefined {
  const later = all.slice(all.findIndex(({ name }) => name === parts[0]?.name) + parts.length)
  if (later[0]) return `${later[0].name} comes after them, and a new database would run it first`
  for (const part of parts) {
    const {
      name,
      transactional,
      phase,
      statesExpand,
      breaks = [],
      up,
      down,
      requires,
      ensures,
      downRequires,
    } = part
    if (!transactional) return `${name} runs outside a transaction`
    // What follows from the statements follows from the file that is made of them, too.
    if (statesExpand || (phase === 'contract' && breaks.length === 0))
      return `${name} is of the phase ${phase}`
    if (requires.length + ensures.length + downRequires.length > 0)
      return `${name} states what must hold`
    if (up.kind === 'code' || down.kind === 'code') return `${name} is code, not statements`
  }
  const reversible = parts.filter(({ down }) => down.kind === 'sql').length
  if (reversible > 0 && reversible < parts.length) return 'only some have a way back'
  const isSame =
    checksums([merged.up]) === checksums(parts.map(({ up }) => up)) &&
    checksums([merged.down]) === checksums(parts.toReversed().map(({ down }) => down))
  return isSame ? undefined : 'their text leans on more of their files than up and down'
}

/** The file with a member that lets databases know it by its parts. */
function withReplaces(code: string, parts: readonly Migration[]): string {
  const head = /class\s+\w+\s+extends\s+Migration\s*\{/.exec(code)
  if (!head)
    throw failure('ROLLUP_REFUSED', {
      reason: 'no class extends Migration in what the generator wrote',
    })
  const end = head.index + head[0].length
  const lines = parts.map(({ name, checksum }) => `    '${name}': '${checksum}',`)
  const member = `\n\n  // What this stands for: a database that has applied all of it has applied this.\n  replaces = {\n${lines.join('\n')}\n  };`
  return code.slice(0, end) + member + code.slice(end)
}

function checksums(bodies: readonly Body[]): string {
  return bodies
    .flatMap((body) => (body.kind === 'sql' ? body.statements.map((one) => one.checksum) : []))
    .join()
}
