import { expect, test } from 'vitest'
import { readEvents } from './events.ts'
import { readRefusal, toRefusal } from './refusal.ts'

test('events are read however the stream is cut, and comments left out', async () => {
  const text = 'event: job\ndata: {"n":1}\n\n: still here\n\nevent: job\ndata: {"n":2}\n\n'
  for (const size of [1, 7, text.length]) {
    const parts = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
    const read: unknown[] = []
    const stream = new ReadableStream<string>({
      start(controller) {
        for (const part of parts) controller.enqueue(part)
        controller.close()
      },
    })
    for await (const event of readEvents(stream)) read.push(event)
    expect(read).toEqual([{ n: 1 }, { n: 2 }])
  }
})

test.each([
  [{ detail: 'There is no profile x.', code: 'unknown_profile' }, 'There is no profile x.'],
  [
    { errors: [{ path: 'body/source_group', message: 'is too short' }], code: 'invalid_request' },
    'Source group is too short.',
  ],
  ['<html>bad gateway', 'The service answered with status 502.'],
])('problem details %j are a sentence', async (body, sentence) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  expect((await readRefusal(new Response(text, { status: 502 }))).message).toBe(sentence)
})

test('a service that is not there is said to be that', () => {
  expect(toRefusal(new TypeError('Failed to fetch')).message).toContain('does not answer')
})
