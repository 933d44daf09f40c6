import {
  findBookkeepingIssues,
  EXIT,
  failure,
  openCatalog,
  repair as record,
  resolveInDoubt,
} from '@techfacts/migrator'
import type { Call, Command, Outcome } from '../command.ts'
import { renderIssues } from '../render/bookkeeping-issues.ts'

const WAYS = ['applied', 'not-applied', 'checksum'] as const

export const repair: Command = {
  name: 'repair',
  usage:
    'repair [migration --applied|--not-applied|--checksum] [--reason WHY] [--expect URL|SNAPSHOT]',
  summary:
    'what of the bookkeeping needs a person; records what a person says, where the schema bears it out',
  options: {
    applied: { type: 'boolean' },
    'not-applied': { type: 'boolean' },
    checksum: { type: 'boolean' },
    reason: { type: 'string' },
    expect: { type: 'string' },
  },
  takes: [0, 1],
  async run(call) {
    const [name] = call.args
    const ways = WAYS.filter((way) => call.flags[way] === true)
    const [way] = ways
    const issues = await findBookkeepingIssues(call.project, call.connection())
    if (name === undefined && way === undefined) {
      const exit = issues.length === 0 ? EXIT.done : EXIT.integrity
      return { text: renderIssues(issues), json: issues, exit }
    }
    if (name === undefined || way === undefined || ways.length > 1) {
      const reason = 'repair: name a migration, and one of --applied, --not-applied and --checksum.'
      throw failure('PROJECT_INVALID', { reason })
    }
    const isInDoubt = issues.some((one) => one.kind === 'in-doubt' && one.migration === name)
    const isLost = issues.some((one) => one.kind === 'unrecorded' && one.migration === name)
    if ((way === 'not-applied' && !isLost) || (way === 'applied' && isInDoubt)) {
      return resolveDoubt(call, name, way === 'applied')
    }
    return recordStatement(call, name, way)
  },
}

async function resolveDoubt(call: Call, name: string, tookEffect: boolean): Promise<Outcome> {
  await resolveInDoubt(call.project, call.connection(), name, tookEffect)
  const text = `Recorded: the segment of ${name} ${tookEffect ? 'took effect' : 'did not take effect'}. Now run: migrate up\n`
  return { text, json: { migration: name, tookEffect }, exit: EXIT.done }
}

async function recordStatement(
  { project, connection, flags }: Call,
  migration: string,
  way: (typeof WAYS)[number],
): Promise<Outcome> {
  const { reason, expect } = flags
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw failure('PROJECT_INVALID', { reason: 'repair: say why with --reason, for the journal.' })
  }
  const expected =
    typeof expect === 'string' && (await openCatalog(expect, project, (url) => connection({ url })))
  const report = await record(project, connection(), {
    migration,
    record: way,
    reason,
    ...(expected && { expected }),
  })
  const what = {
    applied: 'is applied',
    'not-applied': 'is not applied',
    checksum: 'is, as its file has it now, what was applied',
  }[way]
  const count = report.differences.length
  const beside = count > 0 ? ` ${count} harmless differences are left: migrate check` : ''
  const text = `Recorded: ${migration} ${what}.${beside}\n`
  return { text, json: { migration, recorded: way, ...report }, exit: EXIT.done }
}
