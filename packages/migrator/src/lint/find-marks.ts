import type { Migration, Phase } from '../migration.ts'
import { withDefaults } from './config.ts'
import { lint, UNNEEDED } from './lint.ts'
import type { LintMark } from './marks.ts'
import { toScript } from './script.ts'

/**
 * What the rules find in migrations in their order, by name, whatever a project says of the rules, and of exceptions to
 * phases: the manifest has its hash, and exceptions are edited there. What a migration allows is not among it. `stated`
 * has the phases that their classes state.
 */
export async function findMarks(
  migrations: readonly Migration[],
  stated: ReadonlyMap<string, Phase>,
): Promise<ReadonlyMap<string, readonly LintMark[]>> {
  const scripts = migrations.map(({ phaseException: _exception, ...one }) =>
    toScript(one, stated.get(one.name)),
  )
  const found = new Map<string, Map<string, LintMark>>(scripts.map(({ name }) => [name, new Map()]))
  for (const { script, rule, level, table } of await lint(scripts, withDefaults({}))) {
    const mark = { rule, level, ...(table && { table }) }
    if (rule !== UNNEEDED.rule) found.get(script)?.set(JSON.stringify(mark), mark)
  }
  return new Map([...found].map(([name, marks]) => [name, [...marks.values()]]))
}
