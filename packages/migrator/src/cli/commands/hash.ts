import { Option } from 'commander'
import { EXIT } from '../../errors/entry.ts'
import { renderFailure } from '../../errors/next-step.ts'
import type { Call, Command, Outcome } from '../command.ts'
import { RECORD_ON } from '../options.ts'
import type { HashOutput, VerifiedOutput } from '../output.ts'

export const hash: Command<'hash', Flags> = {
  name: 'hash',
  summary:
    'compile new and edited migrations and record them in the manifest, before they are released',
  description:
    'Manifest and compiled migrations are committed beside their sources. A migration that was applied may not be edited: where a database has another text, up refuses.',
  arguments: [],
  options: [
    new Option('--check', 'change nothing; refuse where the manifest and the files differ'),
    RECORD_ON,
  ],
  examples: [
    ['', 'after a migration was edited'],
    ['--scratch-url embedded', 'and record what it changes in the schema'],
    ['--check', 'in CI, with every migration loaded'],
  ],
  exits: ['failed', 'refused', 'integrity'],
  run: async (call) => (call.flags.check ? verify(call) : write(call)),
}

interface Flags {
  readonly check?: true
}

async function verify({ project }: Call<Flags>): Promise<Outcome<VerifiedOutput>> {
  const { verifyManifest } = await import('../../project/hash.ts')
  const phases = await verifyManifest(project)
  const contracts = phases.filter(({ phase }) => phase === 'contract')
  const steps =
    contracts.length === 0 ? '' : ` Contract steps: ${contracts.length} of ${phases.length}.`
  const text = `The manifest matches every migration.${steps}\n`
  return { text, json: { intact: true, phases }, exit: EXIT.done }
}

async function write(call: Call<Flags>): Promise<Outcome<HashOutput>> {
  const { hashProject } = await import('../../project/hash.ts')
  const { renderPhase } = await import('../render/phase.ts')
  const { recordOnScratch, renderRecorded } = await import('../record.ts')
  const report = await hashProject(call.project)
  const schema = await recordOnScratch(call)
  const lines = [
    ...report.phases.flatMap(({ name, ...phase }) => [
      `recorded ${name}`,
      ...renderPhase(phase).map((line) => `  ${line}`),
    ]),
    ...report.removed.map((name) => `removed ${name}`),
    ...renderRenewed(report.renewed),
    ...report.rewritten.map((name) => `wrote ${name}.json again`),
    ...renderRecorded(schema),
    ...(report.outOfOrder ? [renderFailure(report.outOfOrder, call.word)] : []),
  ]
  const nothing = report.isWritten ? 'wrote the manifest again' : 'The manifest is up to date.'
  const text = `${lines.length === 0 ? nothing : lines.join('\n')}\n`
  return { text, json: { ...report, schema }, exit: EXIT.done }
}

/** A line for each reason: one edit may renew all entries after it. */
function renderRenewed(renewed: HashOutput['renewed']): string[] {
  return [...Map.groupBy(renewed, ({ because }) => because)].map(([because, [first, ...more]]) =>
    more.length === 0
      ? `recorded ${first?.name} again: ${because}`
      : `recorded ${first?.name} and ${more.length} more again: ${because}`,
  )
}
