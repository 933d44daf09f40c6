import { createMigration, EXIT, withConnection } from '@techfacts/migrator'
import type { Command } from '../command.ts'

export const create: Command = {
  name: 'create',
  usage: 'create [name] [--blank]',
  summary: 'generate a migration from what changed in the entities, and add it to the lock file',
  options: { blank: { type: 'boolean' } },
  takes: [0, 1],
  async run({ args: [name], project, flags, connection }) {
    const path = await createMigration(project, {
      name,
      blank: flags.blank === true,
      withDatabase: (work) => withConnection(connection(), work),
    })
    const text =
      path === undefined
        ? 'Nothing has changed in the entities; no migration was written.\n'
        : `Wrote ${path}\nEdit it into its safe form, then run: migrate lock\n`
    return { text, json: { created: path ?? null }, exit: EXIT.done }
  },
}
