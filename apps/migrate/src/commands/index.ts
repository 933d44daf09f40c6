import type { Command } from '../command.ts'
import { archive } from './archive.ts'
import { adopt } from './adopt.ts'
import { check } from './check.ts'
import { create } from './create.ts'
import { diff } from './diff.ts'
import { down } from './down.ts'
import { grant } from './grant.ts'
import { history } from './history.ts'
import { lock } from './lock.ts'
import { plan } from './plan.ts'
import { repair } from './repair.ts'
import { seed } from './seed.ts'
import { start } from './start.ts'
import { status } from './status.ts'
import { up } from './up.ts'

/** The only list of the commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  start,
  up,
  down,
  archive,
  status,
  check,
  plan,
  history,
  diff,
  create,
  lock,
  seed,
  grant,
  repair,
  adopt,
]
