import { MigratorError } from '@techfacts/migrator'
import { query } from './chain.ts'
import { orphans } from './facts.ts'
import { journalProblems } from './journal.ts'
import { readWhole, type Path, type Undisturbed } from './paths.ts'

/** Runs a stopped path again, and reports what differs from an undisturbed one. */
export async function goOn(path: Path, whole: Undisturbed, url: string): Promise<string[]> {
  await path.run(url)
  const again = await path.run(url)
  return [
    ...again.migrations.map(({ name }) => `${name} ran once more`),
    ...differences(whole.after, await readWhole(path, url)),
    ...(await journalProblems(url, path.way, path.migrations, whole.since)),
    ...(await orphans(url)).map((row) => `orphan ${JSON.stringify(row)}`),
  ]
}

/** Goes back after a complete path, where that leads to what was there before. */
export async function goBack(path: Path, whole: Undisturbed, url: string): Promise<string[]> {
  if (!path.isReversible) return []
  await path.runBack(url)
  return differencesFromBefore(whole, await readWhole(path, url)).map(
    (line) => `gone back: ${line}`,
  )
}

/**
 * Goes back at once after a stopped path. Where that is refused, it continues as the message says. Neither way loses
 * anything that was there before.
 */
export async function turnBack(path: Path, whole: Undisturbed, url: string): Promise<string[]> {
  if (path.way === 'down' && !path.isReversible) return []
  try {
    await path.runBack(url)
  } catch (error) {
    if (!(error instanceof MigratorError) || !UNCLEAR.has(error.code)) throw error
    await path.run(url)
    return differences(whole.after, await readWhole(path, url))
  }
  const found = await readWhole(path, url)
  if (path.isReversible) return differencesFromBefore(whole, found)
  return [
    ...(await countedUnequally(url)),
    ...differences(whole.before.filter(isCompared), found.filter(isCompared)),
  ]
}

/** The archive may be there, and be empty. */
export function differencesFromBefore(
  { before }: Pick<Undisturbed, 'before'>,
  found: readonly string[],
): string[] {
  return differences(before.filter(comesBack), found.filter(comesBack))
}

/** The position of a sequence that belongs to no column is lost on the way down. */
const NOT_KEPT = /^ticket /

function comesBack(fact: string): boolean {
  return !fact.startsWith('archive of') && !NOT_KEPT.test(fact)
}

/** A half-done migration whose other direction does not say what undoes that half. */
const UNCLEAR: ReadonlySet<string> = new Set(['UNDO_UNCLEAR', 'HALF_REVERTED'])

/** What was counted on one way is to be counted on the other. */
async function countedUnequally(url: string): Promise<string[]> {
  const rows = await query(
    url,
    `select replace(name, ' down', ' up') as name,
            count(*) filter (where name like '% up') as up, count(*) filter (where name like '% down') as down
       from counter where name <> 'seed' group by 1
     having count(*) not in (0, 2) or count(*) filter (where name like '% up') <> 1`,
  )
  return rows.map((row) => `counted unequally: ${JSON.stringify(row)}`)
}

/** Counters are judged by themselves; ledger and archive are not even there where nothing had begun. */
function isCompared(fact: string): boolean {
  return !/counter|mikro_orm_migrations|archive/.test(fact)
}

/** Facts may be there twice, and then count twice. */
function differences(expected: readonly string[], found: readonly string[]): string[] {
  const surplus = [...found]
  const missing = expected.filter((fact) => {
    const at = surplus.indexOf(fact)
    if (at >= 0) surplus.splice(at, 1)
    return at < 0
  })
  return [
    ...missing.map((fact) => `missing: ${fact}`),
    ...surplus.map((fact) => `surplus: ${fact}`),
  ]
}
