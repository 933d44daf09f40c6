import type { Case } from './case.ts'

/** Makes a case smaller for as long as `fails` says that it is the same fault, or until the time is up. */
export async function reduce(
  given: Case,
  fails: (smaller: Case) => Promise<boolean>,
  milliseconds: number,
): Promise<Case> {
  const end = performance.now() + milliseconds
  let smallest = given
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false
    for (const part of partsOf(smallest)) {
      if (performance.now() > end) return smallest
      const smaller = part(smallest)
      if (smaller && size(smaller) < size(smallest) && (await fails(smaller))) {
        smallest = smaller
        isSmaller = true
      }
    }
  }
  return smallest
}

type Step = (given: Case) => Case | undefined

/** Ways to leave something out; from the end, since what comes later depends on what comes before. */
function partsOf(given: Case): Step[] {
  const { settings, rows, writers, migrations } = given
  return [
    (now) => ({ ...now, settings: [] }),
    (now) => ({ ...now, role: 'superuser' }),
    (now) => ({ ...now, stepwise: false }),
    (now) => ({ ...now, rounds: 1 }),
    ...each(
      migrations,
      (n) => (now) =>
        now.migrations.length > 1 ? { ...now, migrations: without(now.migrations, n) } : undefined,
    ),
    ...each(settings, (n) => (now) => ({ ...now, settings: without(now.settings, n) })),
    ...each(writers, (n) => (now) => ({ ...now, writers: without(now.writers, n) })),
    ...each(rows, (n) => (now) => ({ ...now, rows: without(now.rows, n) })),
    ...each(migrations, (m) => (now) => ({
      ...now,
      migrations: now.migrations.map((migration, n) =>
        n === m && !migration.up.some((sql) => sql.includes('drop'))
          ? { ...migration, up: [] }
          : migration,
      ),
    })),
    ...migrations.flatMap(({ up, down }, m) => [
      ...each(down, (n) => inMigration(m, ({ up, down }) => ({ up, down: without(down, n) }))),
      // Without the DROP of what the way back makes, it would be another fault.
      ...each(up, (n) =>
        inMigration(m, ({ up, down }) => ({
          up: up[n]?.startsWith('drop') ? up : without(up, n),
          down,
        })),
      ),
    ]),
    ...halves(given.given.length).map(([from, to]): Step => (now) => ({
      ...now,
      given: now.given.filter((_, n) => n < from || n >= to),
    })),
    ...each(given.given, (n) => (now) => ({ ...now, given: without(now.given, n) })),
    ...writers.flatMap(({ writes }, w) => [
      ...each(writes, (n): Step => (now) => ({
        ...now,
        writers: now.writers.map((writer, at) =>
          at === w ? { ...writer, writes: without(writer.writes, n) } : writer,
        ),
      })),
      (now: Case) => ({
        ...now,
        writers: now.writers.map((writer) => ({ ...writer, kills: false })),
      }),
    ]),
  ]
}

function inMigration(
  at: number,
  change: (migration: Case['migrations'][number]) => Case['migrations'][number],
): Step {
  return (now) => ({
    ...now,
    migrations: now.migrations.map((migration, n) => (n === at ? change(migration) : migration)),
  })
}

function each(all: readonly unknown[], make: (n: number) => Step): Step[] {
  return all.map((_, n) => make(n)).toReversed()
}

function without<T>(all: readonly T[], at: number): readonly T[] {
  return all.filter((_, n) => n !== at)
}

function halves(length: number): [number, number][] {
  const quarter = Math.ceil(length / 4)
  return [3, 2, 1, 0].map((n) => [n * quarter, (n + 1) * quarter])
}

/** What is plain counts for less, however it is written. */
function size(given: Case): number {
  const { role, stepwise = false, rounds = 1, ...rest } = given
  const odd = (role === 'owner' ? 1 : 0) + (stepwise ? 1 : 0) + rounds
  return JSON.stringify(rest).length + odd
}
