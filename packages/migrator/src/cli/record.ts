import { proveEntities, type ProvedSchema } from '../scratch/compare-entities.ts'
import { recordCatalogs, type RecordedCatalogs } from '../scratch/record-catalogs.ts'
import type { Call } from './command.ts'
import { lendScratch } from './scratch-server.ts'

type OnScratch = Pick<Call<never>, 'project' | 'scratchUrl' | 'database'>

/** Records what new migrations change in the schema, where there is a server to find out; null where there is none. */
export async function recordOnScratch({
  project,
  scratchUrl,
  database,
}: OnScratch): Promise<RecordedCatalogs | null> {
  return scratchUrl === undefined
    ? null
    : recordCatalogs(project, lendScratch(scratchUrl, database))
}

/** The same, and holds what the entities say against what the migrations make. */
export async function proveOnScratch({
  project,
  scratchUrl,
  database,
}: OnScratch): Promise<ProvedSchema | null> {
  if (scratchUrl === undefined) return null
  return lendScratch(scratchUrl, database)((scratch) => proveEntities(project, scratch))
}

export function renderRecorded(schema: RecordedCatalogs | null): string[] {
  const lines = (schema?.recorded ?? []).map(
    (name) => `recorded what ${name} changes in the schema`,
  )
  if (!schema?.stopped) return lines
  const { name, reason } = schema.stopped
  return [
    ...lines,
    `${name} does not run on an empty database, so its schema is not recorded: ${reason}`,
  ]
}
