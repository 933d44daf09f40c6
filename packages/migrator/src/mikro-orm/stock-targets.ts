import type { MigrateOptions } from '@mikro-orm/core'
import { failure } from '../errors/index.ts'
import type { Direction } from '../migration.ts'
import type { Target } from '../plan/targets.ts'

/**
 * MikroORM's way to say which migrations to run, as a target. A name that nobody has is refused, where
 * MikroORM runs everything; so is a choice that would leave a hole.
 * Throws TARGET_UNKNOWN, SKIPS_PENDING, SKIPS_APPLIED.
 */
export function toTarget(
  direction: Direction,
  { migrations, from, to }: Pick<MigrateOptions, 'migrations' | 'from' | 'to'>,
): Target {
  return ({ names, applied }) => {
    for (const name of [...(migrations ?? []), from, to]) verifyName(name, names)
    const here = applied.at(-1) ?? 'base'
    if (direction === 'down') {
      if (migrations) return downTo(migrations, applied) ?? here
      if (to === 0) return 'base'
      return to === undefined ? (applied.at(-2) ?? 'base') : String(to)
    }
    const pending = names.slice(applied.length)
    const isWanted = (name: string) =>
      migrations
        ? migrations.includes(name)
        : (!from || names.indexOf(name) > names.indexOf(String(from))) &&
          (!to || names.indexOf(name) <= names.indexOf(String(to)))
    return upTo(pending.filter(isWanted), pending) ?? here
  }
}

/** 0 means the beginning, and is no name. */
function verifyName(name: string | number | undefined, known: readonly string[]): void {
  if (name === undefined || name === 0 || known.includes(String(name))) return
  throw failure('TARGET_UNKNOWN', { target: String(name), known })
}

function upTo(wanted: readonly string[], pending: readonly string[]): string | undefined {
  const last = wanted.at(-1)
  if (last === undefined) return undefined
  const skipped = pending.slice(0, pending.indexOf(last)).filter((name) => !wanted.includes(name))
  if (skipped.length > 0) throw failure('SKIPS_PENDING', { names: wanted, skipped })
  return last
}

function downTo(chosen: readonly string[], applied: readonly string[]): string | undefined {
  const wanted = applied.filter((name) => chosen.includes(name))
  const [first] = wanted
  if (first === undefined) return undefined
  const position = applied.indexOf(first)
  const skipped = applied.slice(position).filter((name) => !wanted.includes(name))
  if (skipped.length > 0) throw failure('SKIPS_APPLIED', { names: wanted, skipped })
  return applied[position - 1] ?? 'base'
}
