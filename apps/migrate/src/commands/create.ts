import { createMigration, EXIT, withConnection } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { renderPhase } from '../render/phase.ts'

export const create: Command = {
  name: 'create',
  usage: 'create [name] [--blank] [--rename OLD:NEW] [--drop NAME]',
  summary: 'generate a migration from what changed in the entities, and add it to the manifest',
  options: {
    blank: { type: 'boolean' },
    rename: { type: 'string', multiple: true },
    drop: { type: 'string', multiple: true },
  },
  takes: [0, 1],
  async run({ args: [name], project, flags, connection }) {
    const made = await createMigration(project, {
      name,
      blank: flags.blank === true,
      renames: Array.isArray(flags.rename) ? flags.rename : [],
      drops: Array.isArray(flags.drop) ? flags.drop : [],
      withDatabase: (work) => withConnection(connection(), work),
    })
    if (made === undefined) {
      const text = 'Nothing has changed in the entities; no migration was written.\n'
      return { text, json: { created: null }, exit: EXIT.done }
    }
    const { path, ...phase } = made
    const lines = [`Wrote ${path}`, ...renderPhase(phase)]
    const text = `${lines.join('\n')}\nEdit it into its safe form, then run: migrate lock\n`
    return { text, json: { created: path, ...phase }, exit: EXIT.done }
  },
}
