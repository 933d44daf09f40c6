import { loadVerified, openProject } from '../project/open.ts'
import type { IMigratorStorage, MigrationResult } from '@mikro-orm/core'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { failure } from '../errors/index.ts'
import type { Body, Migration } from '../migration.ts'
import { hashProject } from '../project/hash.ts'
import { type Project } from '../project/project.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { run } from '../run/index.ts'

/** Lends the project as it is now. */
export type WithProject = <T>(
  work: (project: Project, database: DatabaseTarget) => Promise<T>,
) => Promise<T>

/**
 * Lets MikroORM make one file of several, and judges what it has made before anything is recorded. A file
 * that does not do just what its parts do is taken away again, and they are put back. Where a part has no way
 * back, the whole has none; where later migrations follow, its name puts it where its parts were.
 * Throws SQUASH_REFUSED, and what `make` throws.
 */
export async function rollUp(
  files: readonly string[],
  names: readonly string[],
  withProject: WithProject,
  make: (isReversible: boolean) => Promise<MigrationResult>,
): Promise<MigrationResult> {
  const { before, manifest } = await withProject(async (project) => {
    const { migrations } = await loadVerified(project, await openProject(project))
    return { before: migrations, manifest: project.hasNoManifest ? [] : [project.manifestPath] }
  })
  const all = before.map(({ migration }) => migration)
  const parts = all.filter(({ name }) => names.includes(name))
  const texts = await Promise.all([...files, ...manifest].map(readText))
  const made = await make(isReversible(parts))
  const folder = dirname(texts.find(([path]) => !existsSync(path))?.[0] ?? '')
  let { fileName } = made
  try {
    const file = placed(made, all, parts)
    await rm(join(folder, made.fileName))
    ;({ fileName } = file)
    await writeFile(join(folder, fileName), file.code)
    await withProject((project, database) => {
      const record = async () => recordSquashes(project, database)
      return judge(project, fileName, all, parts).then(record)
    })
    return { ...made, ...file }
  } catch (error) {
    await rm(join(folder, fileName), { force: true })
    for (const [path, text] of texts) await writeFile(path, text)
    throw error
  }
}

function isReversible(parts: readonly Migration[]): boolean {
  return parts.every(({ down }) => down.kind !== 'none')
}

/** MikroORM names a file by the time, so it comes last; with others behind its parts it takes the last one's name. */
function placed(
  { fileName, code }: MigrationResult,
  all: readonly Migration[],
  parts: readonly Migration[],
): Pick<MigrationResult, 'fileName' | 'code'> {
  const text = withReplaces(code, parts)
  const last = parts.at(-1)
  if (last === undefined || last === all.at(-1)) return { fileName, code: text }
  const name = `${last.name.replace(/\.\w+$/, '')}_rollup`
  const [, made = ''] = CLASS.exec(code) ?? []
  const className = name.replaceAll(/[^$\p{ID_Continue}]+/gu, '_').replace(/^(?=\d)/, 'Migration')
  return { fileName: `${name}${extname(fileName)}`, code: text.replaceAll(made, className) }
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
  const order = migrations.map(({ migration }) => migration.name)
  const reason = merged
    ? (misplacement(all, parts, merged, order) ?? findLoss(parts, merged))
    : `${fileName} is not found`
  if (reason !== undefined) throw failure('SQUASH_REFUSED', { reason })
}

/** Why the order of a new database would be another, in words. */
function misplacement(
  all: readonly Migration[],
  parts: readonly Migration[],
  merged: Migration,
  order: readonly string[],
): string | undefined {
  const names = all.map(({ name }) => name)
  const from = names.indexOf(parts[0]?.name ?? '')
  const between = all
    .slice(from, all.findLastIndex((one) => parts.includes(one)) + 1)
    .find((one) => !parts.includes(one))
  if (between) return `${between.name} lies between them`
  const after = names.slice(from + parts.length)
  const wanted = [...names.slice(0, from), merged.name, ...after]
  const isInPlace = wanted.every((name, position) => order[position] === name)
  return isInPlace ? undefined : `no name sorts before ${after[0] ?? ''} and behind its parts`
}

/** Runs nothing: what stands for its parts is recorded in their place, here as on any other database. */
async function recordSquashes(project: Project, database: DatabaseTarget): Promise<void> {
  if (!project.hasNoManifest) await hashProject(project)
  await run(project, database, { direction: 'up', target: whereItIs })
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
function findLoss(parts: readonly Migration[], merged: Migration): string | undefined {
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
      keepRows,
    } = part
    if (!transactional) return `${name} runs outside a transaction`
    // What follows from the statements follows from the file that is made of them, too.
    if (statesExpand || (phase === 'contract' && breaks.length === 0))
      return `${name} is of the phase ${phase}`
    if (requires.length + ensures.length + downRequires.length > 0)
      return `${name} states what must hold`
    if (keepRows !== undefined) return `${name} keeps rows`
    if (up.kind === 'code' || down.kind === 'code') return `${name} is code, not statements`
  }
  const back = isReversible(parts) ? parts.toReversed().map(({ down }) => down) : []
  const isSame =
    checksums([merged.up]) === checksums(parts.map(({ up }) => up)) &&
    checksums([merged.down]) === checksums(back) &&
    (merged.down.kind !== 'none') === isReversible(parts)
  return isSame ? undefined : 'their text leans on more of their files than up and down'
}

const CLASS = /class\s+(\w+)\s+extends\s+Migration\s*\{/

/** The file with a member that lets databases know it by its parts. */
function withReplaces(code: string, parts: readonly Migration[]): string {
  const head = CLASS.exec(code)
  if (!head)
    throw failure('SQUASH_REFUSED', {
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
