import type { Command, CommandGroup } from '../command.ts'
import { adopt } from './adopt.ts'
import { archive } from './archive.ts'
import { check } from './check.ts'
import { create } from './create.ts'
import { diff } from './diff.ts'
import { down } from './down.ts'
import { grant } from './grant.ts'
import { hash } from './hash.ts'
import { history } from './history.ts'
import { plan } from './plan.ts'
import { repair } from './repair.ts'
import { reset } from './reset.ts'
import { seed } from './seed.ts'
import { start } from './start.ts'
import { status } from './status.ts'
import { up } from './up.ts'

/** The only list of the commands, in the order of the help. */
export const COMMANDS: readonly (Command | CommandGroup)[] = [
  start,
  status,
  plan,
  up,
  down,
  create,
  hash,
  check,
  diff,
  history,
  seed,
  reset,
  archive,
  repair,
  adopt,
  grant,
]
