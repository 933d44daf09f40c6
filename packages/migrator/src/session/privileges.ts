import type { NextStep } from '../errors/next-step.ts'
import type { PostgresError } from '../errors/postgres-error.ts'
import { quoteName } from '../sql/quote-name.ts'

/**
 * What an administrator runs so that `user` may do it. PostgreSQL names object and kind in the message alone, which a
 * server may word in another language: then nothing is proposed.
 */
export function privilegeSteps(
  { message }: PostgresError,
  user: string | undefined,
): readonly NextStep[] {
  const role = user ? quoteName(user) : 'the_role'
  const [, deniedKind = '', denied] =
    /^permission denied for (\w[\w ]*?) (\S+)$/.exec(message) ?? []
  const rights = RIGHTS[deniedKind]
  if (denied !== undefined && rights !== undefined) {
    const sql = `grant ${rights} on ${deniedKind} ${quoted(denied)} to ${role}`
    return [{ why: 'As an administrator', sql }]
  }
  const [, owned, name = ''] = /^must be owner of (\w[\w ]*?) (\S+)$/.exec(message) ?? []
  if (owned === undefined) return []
  const kind = owned === 'relation' ? 'table' : owned
  return [
    {
      why: 'As an administrator',
      sql: `alter ${kind} ${quoted(name)} owner to ${role}`,
    },
    { why: 'Or to make the role a member of its owner', sql: `grant the_owner to ${role}` },
  ]
}

/** PostgreSQL writes names as they are, quoted or not. */
function quoted(name: string): string {
  return quoteName(name.replaceAll('"', ''))
}

const RIGHTS: Readonly<Record<string, string>> = {
  schema: 'usage, create',
  database: 'create',
  table: 'all',
  sequence: 'all',
  function: 'execute',
  type: 'usage',
  language: 'usage',
  'foreign server': 'usage',
  'foreign-data wrapper': 'usage',
  tablespace: 'create',
}
