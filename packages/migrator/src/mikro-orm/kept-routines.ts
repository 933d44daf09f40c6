import { readFile, writeFile } from 'node:fs/promises'
import { findSchemaGenerator, findSnapshot, type OpenMigrator } from './stock-migrator.ts'

/** A function or procedure of the configuration's `routines`, as MikroORM's comparator knows it. */
export interface Routine {
  readonly name: string
  readonly schema?: string
  readonly type: string
  readonly params: readonly Readonly<Record<string, unknown>>[]
  readonly returns?: { readonly type: string }
  readonly ignoreSchemaChanges?: readonly string[]
}

interface RoutineSchema {
  getRoutines(): readonly Routine[]
  addRoutine(routine: Routine): void
}

export interface RoutineChange {
  readonly newRoutines: Record<string, Routine>
  readonly changedRoutines: Record<string, { readonly from: Routine; readonly to: Routine }>
}

interface RoutineComparator {
  diffRoutine: (from: Routine, to: Routine) => boolean
}

/**
 * Keeps the routines of a configuration in the snapshot of its entities: MikroORM leaves them out, makes each again in every
 * migration, and drops on the way back what was there before.
 */
export function keepRoutines<Kept extends OpenMigrator>(migrator: Kept): Kept {
  const store = migrator.storeCurrentSchema.bind(migrator)
  const read = migrator.getSchemaFromSnapshot.bind(migrator)
  migrator.storeCurrentSchema = async () => {
    await store()
    const path = await findSnapshot(migrator)
    const routines = readTarget(migrator).getRoutines()
    if (path === undefined || routines.length === 0) return
    const snapshot: object = JSON.parse(await readFile(path, 'utf8'))
    await writeFile(path, JSON.stringify({ ...snapshot, routines }, null, 2))
  }
  migrator.getSchemaFromSnapshot = async () => {
    const schema = await read()
    const path = await findSnapshot(migrator)
    if (!schema || path === undefined) return schema
    const { routines = [] }: { routines?: readonly Routine[] } = JSON.parse(
      await readFile(path, 'utf8'),
    )
    for (const routine of routines) (schema as unknown as RoutineSchema).addRoutine(routine)
    return schema
  }
  return migrator
}

function readTarget(migrator: OpenMigrator): RoutineSchema {
  const target = findSchemaGenerator(migrator)?.getTargetSchema()
  return (target ?? { getRoutines: () => [] }) as unknown as RoutineSchema
}

/**
 * Makes MikroORM's comparator see each change of a routine: it sees neither a routine that is written as SQL, nor what is not
 * said any more. Returns what undoes that.
 */
export function seeRoutines(prototype: object, { driver }: OpenMigrator): () => void {
  const comparator = prototype as RoutineComparator
  const { diffRoutine } = comparator
  const helper = driver.getPlatform().getSchemaHelper() as
    | { createRoutine(routine: Routine): string }
    | undefined
  comparator.diffRoutine = function seeing(from, to) {
    const isPartial = !helper || (to.ignoreSchemaChanges ?? []).length > 0
    return isPartial
      ? diffRoutine.call(this, from, to)
      : helper.createRoutine(from) !== helper.createRoutine(to)
  }
  return () => void Object.assign(comparator, { diffRoutine })
}

/**
 * A routine that is called in the same way is replaced where it is: MikroORM drops it first, with the rights on it, and
 * PostgreSQL refuses that where a view or a trigger stands on it.
 */
export function replaceRoutines({ newRoutines, changedRoutines }: RoutineChange): void {
  for (const [key, { from, to }] of Object.entries(changedRoutines)) {
    if (signatureOf(from) !== signatureOf(to)) continue
    newRoutines[key] = to
    delete changedRoutines[key]
  }
}

function signatureOf({ type, params, returns }: Routine): string {
  const names = ['name', 'type', 'direction', 'defaultRaw']
  return JSON.stringify([type, returns?.type, params.map((one) => names.map((name) => one[name]))])
}
