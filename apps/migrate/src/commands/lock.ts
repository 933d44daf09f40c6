import { EXIT, lockProject } from '@techfacts/migrator'
import type { Command } from '../command.ts'

export const lock: Command = {
  name: 'lock',
  usage: 'lock',
  summary: 'record new and edited migrations in the lock file; only before they are released',
  options: {},
  takes: [0, 0],
  async run({ project }) {
    const report = await lockProject(project)
    const lines = [
      ...report.recorded.map((name) => `recorded ${name}`),
      ...report.removed.map((name) => `removed ${name}`),
    ]
    const text = lines.length === 0 ? 'The lock file is up to date.\n' : `${lines.join('\n')}\n`
    return { text, json: report, exit: EXIT.done }
  },
}
