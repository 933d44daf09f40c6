/**
 * Plays one case again, from a file of JSON or from stdin:
 * `node packages/migrator/src/archive/tests/replay.ts case.json`. Ends with 1 where it is a fault.
 */
import { startServer } from '@techfacts/postgres'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Case } from './case.ts'
import { isFault, play } from './play.ts'
import { openStage } from './stage.ts'

const [file = '/dev/stdin', major = '18'] = process.argv.slice(2)
const given = JSON.parse(await readFile(file, 'utf8')) as Case
const folder = await mkdtemp(join(tmpdir(), 'techfacts-replay-'))
const server = await startServer({
  folder,
  major: major === '15' ? 15 : 18,
  settings: { fsync: 'off' },
})
try {
  const stage = await openStage({ url: server.url, run: 'replay' })
  const verdict = await play(stage, given)
  console.log(verdict.ending)
  for (const line of [...verdict.losses.map((loss) => `named: ${loss}`), ...verdict.says])
    console.log(line)
  await stage.close()
  process.exitCode = isFault(verdict) ? 1 : 0
} finally {
  await server.stop()
  await Promise.all(
    [folder, server.folder].map((path) => rm(path, { recursive: true, force: true })),
  )
}
