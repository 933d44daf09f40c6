import { verifyManifest, EXIT, hashProject } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { renderPhase } from '../render/phase.ts'

export const lock: Command = {
  name: 'lock',
  usage: 'lock [--check]',
  summary: 'record new and edited migrations, before they are released; with --check only look',
  options: { check: { type: 'boolean' } },
  takes: [0, 0],
  async run({ project, flags }) {
    if (flags.check === true) {
      const phases = await verifyManifest(project)
      const contracts = phases.filter(({ phase }) => phase === 'contract')
      const steps =
        contracts.length === 0 ? '' : ` Contract steps: ${contracts.length} of ${phases.length}.`
      return {
        text: `The manifest is true to every migration.${steps}\n`,
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
