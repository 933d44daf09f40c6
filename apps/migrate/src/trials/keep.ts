import { databaseTarget, run } from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import type { Work } from '@techfacts/trials'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { migratorWork, query, type Way } from './chain.ts'

/** Migrations whose way back takes rows, values, tables and positions that their way up gives back. */
export const KEEP_CONFIG = fileURLToPath(
  new URL('fixtures/keep/mikro-orm.config.ts', import.meta.url),
)

export const keep = mikroOrmProject(KEEP_CONFIG)

const [base = '', ...later]: string[] = JSON.parse(
  await readFile(keep.manifestPath, 'utf8'),
).migrations.map(({ name }: { name: string }) => name)

/** What stays applied when the others are taken back. */
export const KEEP_BASE = base

/** The names of the migrations that are taken back and applied again, in order. */
export const KEEP_NAMES: readonly string[] = later

/** What people have put there since: none of it is made by a migration. */
const ROWS = `
  insert into visit (kind, note, rating)
    select case when i % 3 = 0 then 'fancy' else 'plain' end, 'visit ' || i, nullif(i % 4, 0) from generate_series(1, 12) as i;
  insert into setting values ('old.a', '1'), ('new.a', '2'), ('new.b', null);
  insert into owner (name) values ('ann'), ('bob');
  insert into pet (owner_id, name) values (1, 'rex'), (2, 'tom'), (2, null);
  insert into mark values ('same'), ('same'), (null);
  select setval('owner_id_seq', 70), setval('pet_id_seq', 80), setval('visit_id_seq', 90), setval('ticket', 100)`

const TARGET = { up: 'head', down: KEEP_BASE } as const

const KEEP_ARGUMENTS = { up: ['up'], down: ['down', KEEP_BASE] } as const

/** Runs the migrations after the first one in this process, or takes them back. */
export async function runKeep(url: string, direction: Way) {
  const database = databaseTarget(url, { applicationName: 'migrate' })
  return run(keep, database, { direction, target: TARGET[direction] })
}

/** One way of them, as something that can be stopped. */
export function keepWork(way: Way): Work {
  return migratorWork((url) => runKeep(url, way), [...KEEP_ARGUMENTS[way], '--config', KEEP_CONFIG])
}

/** A database at the head, with rows. */
export async function prepareKeepHead(url: string): Promise<void> {
  await runKeep(url, 'up')
  await query(url, ROWS)
}

/** The same after its way back: what was taken is in the archive. */
export async function prepareKeepBase(url: string): Promise<void> {
  await prepareKeepHead(url)
  await runKeep(url, 'down')
}
