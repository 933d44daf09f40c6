import type { MigratorError } from '../errors/index.ts'
import type { Migration } from '../migration.ts'
import { holeIn } from '../plan/integrity.ts'
import { isBackfill } from '../plan/progress.ts'
import { findShared, type Judged } from './contract-last.ts'
import type { OpenProject, Project, RunnableProject } from './project.ts'
import { withRunnable } from './runnable.ts'
import { findTouched } from './touched.ts'

/** Tells which migrations share an object, and reads what each touches when it is first asked. */
export class SharedObjects {
  readonly #migrations: ReadonlyMap<string, RunnableProject['migrations'][number]>
  readonly #judged = new Map<string, Judged>()

  constructor(migrations: RunnableProject['migrations']) {
    this.#migrations = new Map(migrations.map((one) => [one.migration.name, one]))
  }

  /** The objects that both touch; none where they may run in either order. */
  async between(one: string, other: string): Promise<string[]> {
    const [first, second] = [await this.#judge(one), await this.#judge(other)]
    return first && second ? findShared(first, second) : []
  }

  async #judge(name: string): Promise<Judged | undefined> {
    const found = this.#migrations.get(name)
    if (!found) return undefined
    const known = this.#judged.get(name)
    if (known) return known
    const { migration, catalog = null } = found
    const judged = { migration, footprint: await findTouched(migration, catalog) }
    this.#judged.set(name, judged)
    return judged
  }
}

/**
 * OUT_OF_ORDER where a migration that is not applied comes before one that is, but for a contract step that waits: what
 * shares no object with it may have overtaken it. Only where there is such a hole the migrations are read.
 */
export async function findHole(
  project: Project,
  opened: OpenProject,
  applied: ReadonlySet<string>,
): Promise<MigratorError | undefined> {
  const { migrations: known } = opened.manifest
  const hole = holeIn(known, applied)
  if (!hole || project.hasNoManifest) return hole
  return withRunnable(project, opened, async (runnable) => {
    const waiting = await findOvertaken(runnable, applied)
    return holeIn(
      known.filter(({ name }) => !waiting.has(name)),
      applied,
    )
  })
}

/**
 * What is not applied, may wait, and shares nothing with what is applied of the migrations after it: contract steps,
 * backfills, and what waits for one of these since it shares an object with it.
 */
async function findOvertaken(
  { migrations }: RunnableProject,
  applied: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const shared = new SharedObjects(migrations)
  const overtaken = new Set<string>()
  const mayWait = async (migration: Migration) =>
    migration.phase === 'contract' ||
    isBackfill(migration) ||
    (await sharesOneOf(shared, overtaken, migration.name))
  for (const [i, { migration }] of migrations.entries()) {
    if (applied.has(migration.name) || !(await mayWait(migration))) continue
    const later = migrations.slice(i + 1).filter((one) => applied.has(one.migration.name))
    const objects = []
    for (const other of later) {
      objects.push(...(await shared.between(migration.name, other.migration.name)))
    }
    if (objects.length === 0) overtaken.add(migration.name)
  }
  return overtaken
}

async function sharesOneOf(
  shared: SharedObjects,
  waiting: ReadonlySet<string>,
  name: string,
): Promise<boolean> {
  for (const one of waiting) if ((await shared.between(one, name)).length > 0) return true
  return false
}
