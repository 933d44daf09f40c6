import { listFiles, loadVerified, openProject } from './open.ts'
import { listEntries, MANIFEST_NAME, type HashableMigration, type Manifest } from './manifest.ts'
import { hasChecksum } from '../plan/integrity.ts'
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { failure } from '../errors/index.ts'
import type { NextStep } from '../errors/next-step.ts'
import { DEFAULT_SCHEMA, type Migration, type Phase } from '../migration.ts'
import { withPhases } from '../phase/index.ts'
import type { LintConfig } from '../lint/config.ts'
import { readLintSettings } from '../lint/settings.ts'
import { checksum } from '../sql/checksum.ts'
import {
  compileAll,
  compiledFolder,
  verifyCompiled,
  writeAll,
  type NamedCompiled,
} from './compiled-project.ts'
import { hashAnalysis, hashContent } from '../compiled/compiled.ts'
import {
  pickExceptions,
  chainManifest,
  readRecorded,
  writeManifest,
  type Recorded,
} from './manifest-file.ts'
import { isContractPolicy } from './manifest-form.ts'
import type { LoadedProject, Project } from './project.ts'
import { findRenewed, type RenewedEntry } from './renewed.ts'

export interface HashReport {
  readonly path: string
  /** New in the manifest, or recorded again because they were edited. */
  readonly recorded: readonly string[]
  /** In the manifest before, without a file now. */
  readonly removed: readonly string[]
  /** Of which only the compiled file was written again: it was missing, edited or left by a merge. */
  readonly rewritten: readonly string[]
  /** Recorded again, with the same statements. */
  readonly renewed: readonly RenewedEntry[]
  /** False where the manifest stays as it was, byte for byte. */
  readonly isWritten: boolean
  /** Where new migrations come before others that were recorded already: what that means, and what to run. */
  readonly outOfOrder?: { readonly message: string; readonly next: readonly NextStep[] }
  /** The phases of what was recorded. */
  readonly phases: readonly PhaseReport[]
}

/** The phase of a migration that applies, and why. */
export interface PhaseReport {
  readonly name: string
  readonly phase: Phase
  /** What it takes away from the application's previous release, in words that follow "it". */
  readonly breaks: readonly string[]
  /** Why that release keeps working all the same, as the manifest records it. */
  readonly exception?: string
}

/**
 * Writes the manifest from the migrations that are there. For migrations that were not released yet: on a
 * database that has applied another text, `up` still refuses.
 * Throws MANIFEST_CONFLICTED, MANIFEST_BROKEN, PROJECT_INVALID, PHASE_UNDERSTATED; FILE_EDITED and FILE_MISSING where
 * the chain is broken: what is recorded again then could not be told from what a merge has brought.
 * @example
 * const { recorded } = await hashProject(project)
 */
export async function hashProject(
  project: Project,
  exceptions: Readonly<Record<string, string>> = {},
): Promise<HashReport> {
  const recorded = await readRecorded(project.manifestPath)
  const before = recorded && withExceptions(recorded, exceptions)
  const loaded = await project.load()
  try {
    refuseMissingFolder(project, loaded)
    refuseHalfSquashed(loaded)
    const files = listFiles(loaded).map(({ migration }) => migration)
    if (before && !before.isWhole) refuseEdited(before.manifest, files)
    const phaseExceptions = pickExceptions(before?.manifest.phaseExceptions, files)
    const { judged, compiled } = await compileChains(loaded, files, phaseExceptions)
    const after = chainCompiled(loaded, before?.manifest, judged, compiled)
    const entries = listEntries(after)
    const known = new Map(before && listEntries(before.manifest).map((one) => [one.name, one]))
    const isThere = (name: string) => entries.some((one) => one.name === name)
    const removed = [...known.values()].filter(({ name }) => !isThere(name))
    const written = await writeAll(compiledFolder(project, after), compiled, entries, removed)
    const isWritten = await writeManifest(project.manifestPath, after)
    const newest = after.migrations
      .filter(({ name, checksum }) => known.get(name)?.checksum !== checksum)
      .map(({ name }) => name)
    const outOfOrder = findOvertaken(before?.manifest, newest)
    return {
      path: project.manifestPath,
      ...(outOfOrder && { outOfOrder }),
      recorded: newest,
      removed: removed.map(({ name }) => name),
      renewed: findRenewed(before?.manifest, after, newest),
      isWritten,
      rewritten: written.filter((name) => !newest.includes(name)),
      phases: judged.filter(({ name }) => newest.includes(name)).map(reportPhase),
    }
  } finally {
    await loaded.close()
  }
}

/**
 * What there is on a new database, and what squashes stand for: each begins with nothing. Throws PHASE_UNDERSTATED.
 */
async function compileChains(
  { migrations, squashed = [] }: LoadedProject,
  files: readonly Migration[],
  exceptions: Manifest['phaseExceptions'],
): Promise<{ judged: Migration[]; compiled: NamedCompiled[] }> {
  const judged: Migration[] = []
  const compiled: NamedCompiled[] = []
  for (const chain of [migrations, squashed]) {
    const found = await withPhases(
      chain.map(({ migration }) => migration),
      exceptions,
    )
    refuseUnderstated(found)
    judged.push(...found)
    compiled.push(...(await compileAll(found, files)))
  }
  return { judged, compiled }
}

function withExceptions(
  { manifest, isWhole }: Recorded,
  exceptions: Readonly<Record<string, string>>,
): Recorded {
  const all = { ...manifest.phaseExceptions, ...exceptions }
  const phaseExceptions = Object.keys(all).length === 0 ? {} : { phaseExceptions: all }
  return { manifest: { ...manifest, ...phaseExceptions }, isWhole }
}

function chainCompiled(
  loaded: LoadedProject,
  before: Manifest | undefined,
  judged: readonly Migration[],
  compiled: readonly NamedCompiled[],
): Manifest {
  const phaseExceptions = pickExceptions(before?.phaseExceptions, judged)
  const all = withRecorded(listFiles(loaded), before).map((one, i) => ({
    ...one,
    ...hashCompiled(compiled[i]),
    contracts: judged[i]?.phase === 'contract' && one.migration.phase !== 'contract',
  }))
  const { length } = loaded.migrations
  return chainManifest(
    { ...chooseHeader(loaded, before), ...(phaseExceptions && { phaseExceptions }) },
    all.slice(0, length),
    all.slice(length),
  )
}

function hashCompiled(
  compiled: NamedCompiled | undefined,
): Pick<HashableMigration, 'compiled' | 'analysis'> {
  if (!compiled) return {}
  const [, { migration, analysis }] = compiled
  return { compiled: hashContent(migration), analysis: hashAnalysis(analysis) }
}

/** An equivalent checksum that is recorded stays: databases have recorded it, too. */
function withRecorded(
  migrations: readonly HashableMigration[],
  before: Manifest | undefined,
): HashableMigration[] {
  const known = new Map(before && listEntries(before).map((one) => [one.name, one.checksum]))
  return migrations.map((one) => {
    const recorded = known.get(one.migration.name)
    const isSame = recorded !== undefined && hasChecksum(one.migration, recorded)
    return isSame ? { ...one, migration: { ...one.migration, checksum: recorded } } : one
  })
}

/** Otherwise a wrong base folder would look like a project without migrations. */
function refuseMissingFolder({ manifestPath }: Project, { header }: LoadedProject): void {
  const folder = resolve(dirname(manifestPath), header.folder)
  if (existsSync(folder)) return
  const reason = `There is no folder ${folder}, where the configuration has its migrations. Relative paths start at its baseDir.`
  throw failure('PROJECT_INVALID', {
    reason,
    next: [{ command: 'create', why: 'To make the first migration' }],
  })
}

/** A squash that was killed while it moved its parts leaves some of them beside it, where they would run twice. */
function refuseHalfSquashed({ migrations }: LoadedProject): void {
  const files = new Map(migrations.map(({ migration, file }) => [migration.name, file]))
  for (const { migration, file } of migrations) {
    const left = migration.replaces?.flatMap(({ name }) => files.get(name) ?? []) ?? []
    if (left.length === 0) continue
    const reason = `${file} takes the place of ${left.join(', ')}, which ${left.length === 1 ? 'is' : 'are'} still beside it: its squash was interrupted. Move the files that it has moved back, delete ${file}, and squash again.`
    throw failure('PROJECT_INVALID', { reason })
  }
}

/** Throws FILE_EDITED, FILE_MISSING. */
export function refuseEdited(recorded: Manifest, loaded: readonly Migration[]): void {
  const found = new Map(loaded.map((migration) => [migration.name, migration]))
  const entries = listEntries(recorded)
  const files = entries.flatMap(({ name, checksum }) => {
    const migration = found.get(name)
    const isSame = !migration || hasChecksum(migration, checksum)
    return isSame ? [] : [{ name, recorded: checksum, found: migration.checksum }]
  })
  if (files.length > 0) throw failure('FILE_EDITED', { files })
  const names = entries.map(({ name }) => name).filter((name) => !found.has(name))
  if (names.length > 0) throw failure('FILE_MISSING', { names, manifest: MANIFEST_NAME })
}

/** Migrations that are new, and come before one that was there. */
function findOvertaken(
  before: Manifest | undefined,
  recorded: readonly string[],
): HashReport['outOfOrder'] {
  const names = (before?.migrations ?? []).map(({ name }) => name)
  const last = names.at(-1) ?? ''
  const early = recorded.filter((name) => name < last && !names.includes(name))
  if (early.length === 0) return undefined
  const message = `${last} was recorded before, and what is new comes before it: ${early.join(', ')}. A database that has applied ${last} refuses that.`
  const why = 'If it was not released, to place it after the rest'
  return { message, next: [{ command: 'rebase', why }] }
}

/** An unchanged ledger keeps its spelling: with the default schema written out, or without. */
function chooseHeader(
  { header, lintConfig, contractPolicy }: LoadedProject,
  before: Manifest | undefined,
): LoadedProject['header'] {
  readLintSettings(lintConfig)
  if (contractPolicy !== undefined && !isContractPolicy(contractPolicy)) {
    const reason = "contractPolicy in the configuration is not 'when-clear' or 'manual'."
    throw failure('PROJECT_INVALID', { reason })
  }
  const all = {
    ...header,
    ...(lintConfig !== undefined && { lint: lintConfig as LintConfig }),
    ...(contractPolicy && { contract: contractPolicy }),
  }
  const { schema = DEFAULT_SCHEMA, table } = header.ledger
  const isSame =
    before?.ledger.table === table && (before.ledger.schema ?? DEFAULT_SCHEMA) === schema
  return before && isSame ? { ...all, ledger: before.ledger } : all
}

/** What the migrations say of themselves. Throws PHASE_UNDERSTATED. */
export function refuseUnderstated(judged: readonly Migration[]): void {
  const migrations = judged
    .filter(({ statesExpand, phase }) => statesExpand === true && phase === 'contract')
    .map(({ name, breaks = [] }) => ({ name, breaks }))
  if (migrations.length > 0) {
    throw failure('PHASE_UNDERSTATED', { migrations, manifest: MANIFEST_NAME })
  }
}

/** Throws LINT_UNRECORDED: a run judges by what is recorded. */
function refuseUnrecordedConfig(
  { lint, contract }: Manifest,
  { lintConfig, contractPolicy }: LoadedProject,
): void {
  const found = { lint: lintConfig, contract: contractPolicy }
  if (checksum({ lint, contract }) === checksum(found)) return
  throw failure('LINT_UNRECORDED', { manifest: MANIFEST_NAME })
}

function reportPhase({ name, phase, breaks = [], phaseException }: Migration): PhaseReport {
  return { name, phase, breaks, ...(phaseException !== undefined && { exception: phaseException }) }
}

/**
 * Loads every migration and holds it against the manifest, whatever their bytes say: for CI, where an edit
 * must be found that lies in a module which the migrations share.
 * Throws NOT_IN_MANIFEST, FILE_MISSING, FILE_EDITED, MANIFEST_BROKEN, PHASE_UNDERSTATED, LINT_UNRECORDED, COMPILED_DIFFERS.
 * @example
 * const phases = await verifyManifest(project)
 * const contracts = phases.filter(({ phase }) => phase === 'contract')
 */
export async function verifyManifest(project: Project): Promise<readonly PhaseReport[]> {
  const opened = await openProject(project)
  const loaded = await loadVerified(project, opened)
  await loaded.close()
  const migrations = loaded.migrations.map(({ migration }) => migration)
  refuseUnderstated(migrations)
  refuseUnrecordedConfig(opened.manifest, loaded)
  await verifyCompiled(project, opened.manifest, migrations)
  return migrations.map(reportPhase)
}
