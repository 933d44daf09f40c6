import {
  EXIT,
  failure,
  listArchive,
  purgeArchive,
  restoreFromArchive,
  type PurgeRequest,
} from '@techfacts/migrator'
import type { Call, Command, Outcome } from '../command.ts'
import { renderArchive, renderPurged, renderRestored } from '../render/archive.ts'

export const archive: Command = {
  name: 'archive',
  usage:
    'archive list | restore <id> | purge [id …] [--older-than DAYSd] [--rows TABLE.COLUMN=VALUE] --yes',
  summary: 'what going back has taken away: look, give it back by hand, let go of it',
  options: {
    'older-than': { type: 'string' },
    rows: { type: 'string' },
    yes: { type: 'boolean' },
  },
  takes: [1, 1000],
  async run(call) {
    const [verb = '', ...ids] = call.args
    if (verb === 'list' && ids.length === 0) return list(call)
    if (verb === 'restore' && ids.length === 1) return restore(call, ids[0] ?? '')
    if (verb === 'purge') return purge(call, ids)
    throw failure('PROJECT_INVALID', {
      reason: `archive: there is no "${call.args.join(' ')}". Usage: migrate ${archive.usage}`,
    })
  },
}

async function list({ project, connection }: Call): Promise<Outcome> {
  const entries = await listArchive(project, connection())
  return { text: renderArchive(entries), json: entries, exit: EXIT.done }
}

async function restore({ project, connection }: Call, id: string): Promise<Outcome> {
  const returned = await restoreFromArchive(project, connection(), id)
  return { text: renderRestored(returned), json: returned, exit: EXIT.done }
}

async function purge({ project, connection, flags }: Call, ids: string[]): Promise<Outcome> {
  const request: PurgeRequest = {
    ids,
    yes: flags.yes === true,
    ...olderThan(flags['older-than']),
    ...rowsOf(flags.rows),
  }
  const entries = await purgeArchive(project, connection(), request)
  return { text: renderPurged(entries), json: entries, exit: EXIT.done }
}

function olderThan(flag: Call['flags'][string]): Pick<PurgeRequest, 'olderThan'> {
  if (typeof flag !== 'string') return {}
  const days = /^(\d+)d$/.exec(flag)?.[1]
  if (days === undefined) {
    const reason = `--older-than is "${flag}", but must be a number of days, like 30d.`
    throw failure('PROJECT_INVALID', { reason })
  }
  return { olderThan: Number(days) * 86_400_000 }
}

function rowsOf(flag: Call['flags'][string]): Pick<PurgeRequest, 'rows'> {
  if (typeof flag !== 'string') return {}
  const [, table, column, value] = /^(.+)\.([^.=]+)=(.*)$/s.exec(flag) ?? []
  if (table === undefined || column === undefined || value === undefined) {
    const reason = `--rows is "${flag}", but must name a column and a value, like jobs.id=7.`
    throw failure('PROJECT_INVALID', { reason })
  }
  return { rows: { table, column, value } }
}
