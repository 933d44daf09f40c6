import { Option } from 'commander'
import { EXIT } from '../../errors/entry.ts'
import type { Command } from '../command.ts'

export const hash: Command<'hash', { readonly check?: true }> = {
  name: 'hash',
  summary: 'record new and edited migrations in the manifest, before they are released',
  description:
    'The manifest is committed beside the migrations. A migration that was applied may not be edited: where a database has another text, up refuses.',
  arguments: [],
  options: [
    new Option('--check', 'change nothing; refuse where the manifest and the files differ'),
  ],
  examples: [
    ['', 'after a migration was edited'],
    ['--check', 'in CI, with every migration loaded'],
  ],
  exits: ['refused', 'integrity'],
  async run({ project, flags }) {
    const { verifyManifest, hashProject } = await import('../../project/hash.ts')
    const { renderPhase } = await import('../render/phase.ts')
    if (flags.check) {
      const phases = await verifyManifest(project)
      const contracts = phases.filter(({ phase }) => phase === 'contract')
      const steps =
        contracts.length === 0 ? '' : ` Contract steps: ${contracts.length} of ${phases.length}.`
      return {
        text: `The manifest matches every migration.${steps}\n`,
        json: { intact: true, phases },
        exit: EXIT.done,
      }
    }
    const report = await hashProject(project)
    const lines = [
      ...report.phases.flatMap(({ name, ...phase }) => [
        `recorded ${name}`,
        ...renderPhase(phase).map((line) => `  ${line}`),
      ]),
      ...report.removed.map((name) => `removed ${name}`),
    ]
    const text = lines.length === 0 ? 'The manifest is up to date.\n' : `${lines.join('\n')}\n`
    return { text, json: report, exit: EXIT.done }
  },
}
