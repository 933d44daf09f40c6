import { Argument, Option } from 'commander'
import { EXIT } from '../../errors/entry.ts'
import { failure } from '../../errors/index.ts'
import type { Call, Command, Outcome } from '../command.ts'
import { CHANGING } from '../exits.ts'
import type { RepairedOutput, ResolvedOutput } from '../output.ts'
import { reason as parseReason, RUN_OPTIONS } from '../options.ts'
import { renderIssues } from '../render/issues.ts'

type Way = 'applied' | 'not-applied' | 'checksum'

interface Flags {
  readonly applied?: true
  readonly notApplied?: true
  readonly checksum?: true
  readonly reason?: string
  readonly expect?: string
}

export const repair: Command<'repair', Flags> = {
  name: 'repair',
  summary: 'what of the bookkeeping needs a person; records what a person says of it',
  description:
    'Without a migration it lists what needs one. What is said is recorded only where the schema confirms it.',
  arguments: [
    new Argument('[migration]', 'the name of a migration, or a unique prefix of it').default(
      undefined,
      'list issues',
    ),
  ],
  options: [
    new Option('--applied', 'it took effect').conflicts(['notApplied', 'checksum']),
    new Option('--not-applied', 'it did not take effect').conflicts(['applied', 'checksum']),
    new Option('--checksum', 'its file, as it is now, is what was applied').conflicts([
      'applied',
      'notApplied',
    ]),
    new Option('--reason <why>', 'why, for the journal').argParser(parseReason),
    new Option('--expect <url>', 'a database with the schema that there should be then').default(
      undefined,
      'what the compiled migrations record',
    ),
    ...RUN_OPTIONS,
  ],
  examples: [
    ['', 'what needs a person'],
    ['Migration20260101000000_author --applied', 'of one in doubt: it took effect'],
    [
      'Migration20260101000000_author --checksum --reason comment',
      'the edit has no effect on the schema',
    ],
  ],
  exits: CHANGING,
  async run(call) {
    const { findBookkeepingIssues } = await import('../../repair/bookkeeping-issues.ts')
    const [typed] = call.args
    const way = chooseWay(call.flags)
    const issues = await findBookkeepingIssues(call.project, call.database())
    if (typed === undefined && way === undefined) {
      const exit = issues.length === 0 ? EXIT.done : EXIT.integrity
      return { text: renderIssues(issues, call.word), json: issues, exit }
    }
    if (typed === undefined || way === undefined) {
      const reason = 'repair: name a migration, and one of --applied, --not-applied and --checksum.'
      throw failure('PROJECT_INVALID', { reason })
    }
    const { findMigration } = await import('../find-migration.ts')
    const others = issues.map((one) => one.migration)
    const name = await findMigration(call.project, typed, others)
    const isInDoubt = issues.some((one) => one.kind === 'in-doubt' && one.migration === name)
    const isLost = issues.some((one) => one.kind === 'unrecorded' && one.migration === name)
    if ((way === 'not-applied' && !isLost) || (way === 'applied' && isInDoubt)) {
      return settleDoubt(call, name, way === 'applied')
    }
    return recordStatement(call, name, way)
  },
}

function chooseWay({ applied, notApplied, checksum }: Flags): Way | undefined {
  if (applied) return 'applied'
  if (notApplied) return 'not-applied'
  return checksum ? 'checksum' : undefined
}

async function settleDoubt(
  call: Call<Flags>,
  name: string,
  tookEffect: boolean,
): Promise<Outcome<ResolvedOutput>> {
  const { resolveInDoubt } = await import('../../repair/resolve.ts')
  await resolveInDoubt(call.project, call.database(), name, tookEffect)
  const next = call.word({ command: 'up' })
  const text = `Recorded: the segment of ${name} ${tookEffect ? 'took effect' : 'did not take effect'}. Now run: ${next}\n`
  return { text, json: { migration: name, tookEffect }, exit: EXIT.done }
}

async function recordStatement(
  { project, database, flags: { reason, expect } }: Call<Flags>,
  migration: string,
  way: Way,
): Promise<Outcome<RepairedOutput>> {
  if (reason === undefined) {
    throw failure('PROJECT_INVALID', { reason: 'repair: say why with --reason, for the journal.' })
  }
  const { repair: record } = await import('../../repair/repair.ts')
  const { readCatalogOf } = await import('../../drift/application-catalog.ts')
  const expected = expect !== undefined && (await readCatalogOf(database({ url: expect }), project))
  const report = await record(project, database(), {
    migration,
    record: way,
    reason,
    ...(expected && { expected }),
  })
  const what = {
    applied: 'is applied',
    'not-applied': 'is not applied',
    checksum: 'was applied as its file is now',
  }[way]
  const count = report.differences.length
  const left = `${count} harmless differences from the expected schema are left; --json lists them.`
  const text = `Recorded: ${migration} ${what}.${count > 0 ? ` ${left}` : ''}\n`
  return { text, json: { migration, recorded: way, ...report }, exit: EXIT.done }
}
