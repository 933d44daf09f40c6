import { Option } from 'commander'
import { EXIT } from '../../errors/entry.ts'
import { failure } from '../../errors/index.ts'
import type { Call, Command } from '../command.ts'
import { RECORD_ON } from '../options.ts'
import type { Output } from '../output.ts'

interface Flags {
  readonly onto: string
}

export const rebase: Command<'rebase', Flags> = {
  name: 'rebase',
  summary: 'place the migrations that are not released after those of another branch',
  description:
    'After git has merged two branches that both have new migrations, or has stopped at the conflict in the manifest: what the revision does not have gets later names where it needs them, contract steps last, and the manifest and the compiled files are written again. Where both branches change the same object, nothing is changed. It runs no migration, and commits nothing.',
  arguments: [],
  options: [
    new Option(
      '--onto <revision>',
      'the revision of git whose migrations stay as they are: the branch that is released',
    ).default('origin/HEAD'),
    RECORD_ON,
  ],
  examples: [
    ['', 'after a merge of the default branch of the remote'],
    ['--onto main', 'the same with a branch of this repository'],
    ['--onto v1.2.0', 'everything that is newer than what is deployed'],
  ],
  exits: ['failed', 'refused', 'integrity'],
  async run(call) {
    const { rebaseMigrations } = await import('../../project/rebase.ts')
    const { readBranches } = await import('../branches.ts')
    const branches = await readBranches(call.project.manifestPath, call.flags.onto)
    const report = await rebaseMigrations(call.project, branches, (project, proved) =>
      recordStaged({ ...call, project }, proved),
    )
    return { text: await render(report, call), json: report, exit: EXIT.done }
  },
}

/** What ran on an empty database, and does not any more, is stopped by what the other branch has. */
async function recordStaged(call: Call<Flags>, proved: ReadonlySet<string>) {
  const { recordOnScratch } = await import('../record.ts')
  const schema = await recordOnScratch(call)
  const { name = '', reason = '' } = schema?.stopped ?? {}
  if (proved.has(name)) throw failure('REBASE_STOPPED', { name, onto: call.flags.onto, reason })
  return schema
}

async function render(report: Output['rebase'], { word }: Call<Flags>): Promise<string> {
  const { renderRecorded } = await import('../record.ts')
  const { onto, renamed, unreleased, snapshot, schema } = report
  const revert = word({ command: 'down', args: ['head'] })
  const lines = [
    ...renamed.map(({ from, to }) => `renamed ${from} to ${to}`),
    ...(unreleased.length === 0
      ? [`The revision ${onto} has every migration.`]
      : [`after the migrations of ${onto}: ${unreleased.join(', ')}`]),
    ...(snapshot === null ? [] : [`put ${snapshot} together from both sides`]),
    ...renderRecorded(schema),
    ...(renamed.length === 0
      ? []
      : [`Where one is applied under its former name, revert it there, and run: ${revert}`]),
  ]
  return `${lines.join('\n')}\n`
}
