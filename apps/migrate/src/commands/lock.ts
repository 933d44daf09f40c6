import { checkLock, EXIT, lockProject } from '@techfacts/migrator'
import type { Command } from '../command.ts'

export const lock: Command = {
  name: 'lock',
  usage: 'lock [--check]',
  summary: 'record new and edited migrations, before they are released; with --check only look',
  options: { check: { type: 'boolean' } },
  takes: [0, 0],
  async run({ project, flags }) {
    if (flags.check === true) {
      await checkLock(project)
      return {
        text: 'The lock file is true to every migration.\n',
        json: { intact: true },
        exit: EXIT.done,
      }
    }
    const report = await lockProject(project)
    const lines = [
      ...report.recorded.map((name) => `recorded ${name}`),
      ...report.removed.map((name) => `removed ${name}`),
    ]
    const text = lines.length === 0 ? 'The lock file is up to date.\n' : `${lines.join('\n')}\n`
    return { text, json: report, exit: EXIT.done }
  },
}
