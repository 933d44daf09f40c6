import type { ClientBase } from 'pg'
import type { DatabaseState } from '../database-state.ts'
import { withDefaults } from '../lint/config.ts'
import type { LintFinding } from '../lint/lint.ts'
import { levelOf, type LintMark } from '../lint/marks.ts'
import type { Level } from '../lint/rule.ts'
import { appendEntry, type Writer } from '../journal/journal.ts'
import { isHalfDone } from '../plan/progress.ts'
import type { Manifest } from '../project/manifest.ts'
import type { RunnableProject } from '../project/project.ts'
import { readTableRows } from './table-rows.ts'

/** What lint finds in a migration that is about to run, where it counts in the database at hand. */
export interface PendingFinding extends Omit<LintFinding, 'script' | 'line'> {
  readonly migration: string
}

/** The migrations of a project, and which of them are about to run. */
export interface Pending extends Pick<RunnableProject, 'migrations'> {
  readonly manifest: Manifest
  readonly names: readonly string[]
  readonly state: DatabaseState
}

/**
 * What lint finds in pending migrations, judged with this very database: a table that is small there, or that the same
 * migrations make, is nothing, whatever the rule; a finding about no table counts where any table is large. Nothing
 * counts where the database is disposable, nor in a migration that an earlier run has begun: it has to be completed.
 *
 * What follows from the statements was compiled, so that they are read only where there is something to say.
 */
export async function findHazards(
  client: ClientBase,
  pending: Pending,
  levels: readonly Level[],
): Promise<readonly PendingFinding[]> {
  const { manifest, names, state } = pending
  if (state.isDisposable) return []
  const settings = withDefaults(manifest.lint ?? {})
  const asked = new Set(names.filter((name) => !isHalfDone(state.unfinished.get(name))))
  const marks = [...(await marksOf(pending, asked))].flatMap(([name, all]) =>
    asked.has(name) ? all : [],
  )
  const isAsked = (mark: LintMark) => levels.some((level) => level === levelOf(mark, settings))
  const chosen = marks.filter(isAsked)
  if (chosen.length === 0) return []
  const { major, rowsOf } = await readTableRows(
    client,
    chosen.map(({ table }) => table),
  )
  const isLarge = ({ table }: Pick<LintMark, 'table'>) => rowsOf(table) >= settings.smallTable
  if (!chosen.some(isLarge)) return []
  const { lint } = await import('../lint/lint.ts')
  const scripts = (await scriptsOf(pending)).map((script) => ({
    ...script,
    isOnlyKnown: !asked.has(script.name),
  }))
  const server = { major, rowsOf: () => undefined }
  const rules = new Set(chosen.map(({ rule }) => rule))
  const found = await lint(scripts, settings, server)
  return found
    .filter((one) => rules.has(one.rule) && levels.includes(one.level) && isLarge(one))
    .map(({ script: migration, line: _line, ...rest }) => ({ migration, ...rest }))
}

/** As they were compiled; where that is of another version, or there is no compiled file, they are found again. */
async function marksOf(
  { migrations, manifest }: Pending,
  asked: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly LintMark[]>> {
  const known = new Map<string, readonly LintMark[]>()
  for (const { migration, marks } of migrations) {
    if (marks) known.set(migration.name, marks)
    else if (asked.has(migration.name)) {
      const { findMarks } = await import('../lint/find-marks.ts')
      return findMarks(
        migrations.map((one) => one.migration),
        statedPhases(manifest),
      )
    }
  }
  return known
}

async function scriptsOf({ migrations, manifest }: Pending) {
  const { toScript } = await import('../lint/script.ts')
  const stated = statedPhases(manifest)
  return migrations.map(({ migration }) => toScript(migration, stated.get(migration.name)))
}

function statedPhases({ migrations }: Manifest) {
  return new Map(migrations.map(({ name, phase }) => [name, phase]))
}

/** Journals what a person let a run apply although lint refuses it. */
export async function allowHazards(
  client: ClientBase,
  writer: Writer,
  findings: readonly PendingFinding[],
): Promise<void> {
  const facts = findings.map(({ migration, rule, says, statement }) => ({
    migration,
    rule,
    says,
    statement,
  }))
  await appendEntry(client, writer, { event: 'hazards-allowed', facts })
}
