import { Argument, InvalidArgumentError } from 'commander'
import { EXIT } from '../../errors/entry.ts'
import type { Command } from '../command.ts'

export const release: Command<'release'> = {
  name: 'release',
  summary: 'record what this release of the application sends to its database',
  description:
    'Writes releases/<name>.json next to the manifest: tables, columns, keys and relations of the entities; and a copy of queries.jsonl, where queries are recorded there. Commit them with the release, so that later migrations can be held against it.',
  arguments: [
    new Argument('<name>', 'how the release is called, such as its version').argParser(parseName),
  ],
  options: [],
  examples: [['1.4.0', 'before 1.4.0 is shipped']],
  exits: ['refused'],
  async run({ args: [name = ''], project }) {
    const { recordRelease } = await import('../../project/releases.ts')
    const { path, release: recorded } = await recordRelease(project, name)
    const { queries, unrecorded = [], entities, ...rest } = recorded
    const json = {
      path,
      ...rest,
      entities: entities.length,
      ...(queries && { queries: queries.length, unrecorded: unrecorded.length }),
    }
    const lines = unrecorded.map(({ line }) => line).join(', ')
    const lost =
      lines === ''
        ? ''
        : `queries.jsonl: nothing is proved of what could not be recorded (lines ${lines}): write each of these as {"sql":"…"} by hand\n`
    return { text: `wrote ${path}\n${lost}`, json, exit: EXIT.done }
  },
}

/** It is a file's name on every system. */
function parseName(name: string): string {
  if (/^[A-Za-z0-9][\w.+-]{0,62}$/.test(name)) return name
  throw new InvalidArgumentError(
    'A name has letters, digits, dots, plus signs, hyphens and underscores.',
  )
}
