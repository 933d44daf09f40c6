#!/usr/bin/env node
import process from 'node:process'

/** The oldest Node that runs this; an older one does not get as far as the imports. */
const OLDEST = [22, 17] as const

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(
    `This is Node ${process.versions.node}. Node ${OLDEST.join('.')} or newer is needed.\n`,
  )
  process.exitCode = 2
} else {
  const { BIN } = await import('../errors/next-step.ts')
  const { runMigrator } = await import('./index.ts')
  // Not awaited: where nothing is left to wait for, Node would report it in words of its own.
  void runMigrator({ program: BIN })
}
