import { compareEntities, type ProvedSchema } from '../scratch/compare-entities.ts'
import { recordCatalogs, type RecordedCatalogs } from '../scratch/record-catalogs.ts'
import type { Call } from './command.ts'
import { withScratchServer } from './scratch-server.ts'

/** Records what new migrations change in the schema, where there is a server to find out; null where there is none. */
export async function recordOnScratch({
  project,
  scratchUrl,
  database,
}: Pick<Call<never>, 'project' | 'scratchUrl' | 'database'>): Promise<RecordedCatalogs | null> {
  if (scratchUrl === undefined) return null
  return recordCatalogs(project, (work) =>
    withScratchServer(scratchUrl, (url) => work(database({ url }))),
  )
}

/** The same, and holds what the entities say against what the migrations make. */
export async function proveOnScratch({
  project,
  scratchUrl,
  database,
}: Pick<Call<never>, 'project' | 'scratchUrl' | 'database'>): Promise<ProvedSchema | null> {
  if (scratchUrl === undefined) return null
  return withScratchServer(scratchUrl, async (url) => {
    const scratch = database({ url })
    const found = await recordCatalogs(project, (work) => work(scratch))
    return found.stopped ? found : { ...found, entities: await compareEntities(project, scratch) }
  })
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
