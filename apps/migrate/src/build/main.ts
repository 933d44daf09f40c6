import { MigratorError } from '@techfacts/migrator'
import { fileURLToPath } from 'node:url'
import { SETTINGS } from '../settings.ts'
import { buildBundle } from './build.ts'

const { config, program } = SETTINGS
const folder = fileURLToPath(new URL('../../dist', import.meta.url))
try {
  await buildBundle({ config, program, folder })
} catch (error) {
  if (!(error instanceof MigratorError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = error.exit
}
