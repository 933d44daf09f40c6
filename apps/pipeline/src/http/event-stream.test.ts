import { text } from 'node:stream/consumers'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openEventStream } from './event-stream.ts'

test('a client that does not read costs one event of memory, and gets the newest', async () => {
  const events = openEventStream()
  for (let n = 0; n < 1000; n += 1) events.send('job', { n, filler: 'x'.repeat(1000) })
  await turn()
  expect(events.stream.readableLength).toBeLessThan(2000)
  const read = text(events.stream)
  events.end()
  expect(await read).toMatch(/^(event: job\ndata: .*\n\n)?event: job\ndata: {"n":999,.*\n\n$/)
})

test('one that reads gets every event, and then the end', async () => {
  const events = openEventStream()
  const read = text(events.stream)
  for (const n of [1, 2, 3]) {
    events.send('job', { n })
    await turn()
  }
  events.end()
  events.send('job', { n: 4 })
  expect((await read).match(/"n":\d/g)).toEqual(['"n":1', '"n":2', '"n":3'])
})
