import type { MigrationInfo } from '@mikro-orm/core'

/** What MikroORM's `rollup` takes, in the order of the files, and its refusals in its own words. */
export function chooseRollup(
  found: readonly MigrationInfo[],
  executed: ReadonlySet<string>,
  asked: readonly string[] | undefined,
): string[] {
  const names = new Set(found.map(({ name }) => name))
  const missing = (asked ?? []).filter((name) => !names.has(name))
  if (missing.length > 0) throw new Error(`Migrations not found: ${missing.join(', ')}`)
  const pending = (asked ?? []).filter((name) => !executed.has(name))
  if (pending.length > 0) {
    const which = pending.join(', ')
    throw new Error(`Cannot roll up migrations that have not been executed: ${which}`)
  }
  const chosen = found.filter(({ name }) => asked?.includes(name) ?? executed.has(name))
  if (chosen.length < 2) throw new Error('At least 2 executed migrations are required for rollup')
  const listed = chosen.filter(({ path }) => !path).map(({ name }) => name)
  if (listed.length === 0) return chosen.map(({ name }) => name)
  const which = listed.join(', ')
  throw new Error(`Cannot roll up migrations without file paths (class-based migrations): ${which}`)
}
