import type { Client } from 'pg'
import { readFields } from '../errors/postgres-error.ts'

/** warning_privilege_not_granted: the GRANT succeeds, and has done nothing of it, or not all. */
const NOT_GRANTED = '01007'

/**
 * Collects what PostgreSQL only warns of while `work` grants. It is no failure: an extension's functions, for
 * instance, belong to another role, and everybody may call them anyway.
 */
export async function collectingWarnings(
  client: Client,
  work: () => Promise<unknown>,
): Promise<readonly string[]> {
  const warnings: string[] = []
  const onNotice = (message: object) => {
    const notice = readFields(message)
    if (notice?.sqlstate === NOT_GRANTED) warnings.push(notice.message)
  }
  client.on('notice', onNotice)
  try {
    await work()
    return warnings
  } finally {
    client.off('notice', onNotice)
  }
}
