import { z } from 'zod'

/** Fields that several schemas have. */
/** Not `z.uuid()`, which wants a version: what has been imported may have an id of none, and PostgreSQL takes it. */
export const id = z.guid({ error: 'is not a UUID' })
export const moment = z.string().describe('ISO 8601, with microseconds.')
/** Part of an index, so shorter than a btree row in any script. */
export const shortText = z.string().trim().min(1).max(200)
/** Whatever JSON it is: legacy rows hold any. */
export const json = z.unknown()

export const projectParams = z.strictObject({ project_id: id })
