import type { ClientBase } from 'pg'
import { namesBefore } from '../known/names-before.ts'
import type { DatabaseState } from '../database-state.ts'
import { withDefaults } from '../lint/config.ts'
import type { LintFinding } from '../lint/lint.ts'
import { levelOf, type LintMark } from '../lint/marks.ts'
import type { Level } from '../lint/rule.ts'
import { appendEntry, type Writer } from '../journal/journal.ts'
import type { Name } from '../migration.ts'
import { isHalfDone, listStatements } from '../plan/progress.ts'
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
  const chosen = placeMarks(pending, asked, await marksOf(pending, asked)).filter((mark) =>
    levels.some((level) => level === levelOf(mark, settings)),
  )
  if (chosen.length === 0) return []
  const tables = chosen.flatMap(({ table, before }) => [table, before])
  const { major, rowsOf } = await readTableRows(client, tables)
  const isLarge = ({ table, before }: PlacedMark) =>
    rowsOf(table) >= settings.smallTable || rowsOf(before) >= settings.smallTable
  const large = new Set(chosen.filter(isLarge).map(keyOf))
  if (large.size === 0) return []
  const { lint } = await import('../lint/lint.ts')
  const scripts = await scriptsOf(pending, asked)
  const found = await lint(scripts, settings, { major, rowsOf: () => undefined })
  return found
    .map(({ script: migration, line: _line, ...rest }) => ({ migration, ...rest }))
    .filter((one) => large.has(keyOf(one)) && levels.includes(one.level))
}

interface PlacedMark extends LintMark {
  readonly migration: string
  /** The name that its table has before the run, as far as pending statements rename it. */
  readonly before?: Name
}

function keyOf({
  migration,
  rule,
  table,
}: Pick<PlacedMark, 'migration' | 'rule' | 'table'>): string {
  return JSON.stringify([migration, rule, table?.schema, table?.name])
}

function placeMarks(
  { migrations }: Pending,
  asked: ReadonlySet<string>,
  marks: ReadonlyMap<string, readonly LintMark[]>,
): PlacedMark[] {
  const earlier = namesBefore()
  return migrations.flatMap(({ migration: { name: migration, up } }) => {
    if (!asked.has(migration)) return []
    for (const statement of listStatements(up)) earlier.follow(statement)
    return (marks.get(migration) ?? []).map((mark) => ({
      ...mark,
      migration,
      ...(mark.table && { before: earlier.table(mark.table) }),
    }))
  })
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

/** Those that are not asked for only say what is there. */
async function scriptsOf({ migrations, manifest }: Pending, asked: ReadonlySet<string>) {
  const { toScript } = await import('../lint/script.ts')
  const stated = statedPhases(manifest)
  return migrations.map(({ migration }) => ({
    ...toScript(migration, stated.get(migration.name)),
    isOnlyKnown: !asked.has(migration.name),
  }))
}

function statedPhases({ migrations }: Manifest) {
  return new Map(migrations.map(({ name, phase }) => [name, phase]))
}

/** Journals what a run applies although lint refuses it, since its caller has said yes. */
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
