import { inTurn } from '@techfacts/postgres/testing'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { across } from './tests/faults-across.ts'
import { found } from './tests/faults-found.ts'
import { publications } from './tests/faults-published.ts'
import { restored } from './tests/faults-restored.ts'
import { faults } from './tests/faults.ts'
import { play } from './tests/play.ts'
import { openStage, type Stage } from './tests/stage.ts'

let stage: Stage
beforeAll(async () => {
  const server = inject('testServer')
  if (!server) throw new Error('No test server here.')
  stage = await openStage(server)
})
afterAll(() => stage.close())

test.each(
  inTurn([...faults, ...found, ...restored, ...across, ...publications]).map(
    (fault) => [fault.name, fault] as const,
  ),
)('%s', async (_, fault) => {
  const { ends, names } = fault
  const { ending, says, losses } = await play(stage, fault)
  const isGood = ends.includes(ending) && (!names || names.join() === losses.join())
  // Everything that there is to say is shown where it fails.
  expect(isGood ? 'as it may end' : [ending, ...losses, ...says].join('\n')).toBe('as it may end')
})
