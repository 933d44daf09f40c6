import { expect, test } from 'vitest'
import { listMoments, oneOfEach, type Sent } from './moments.ts'

function message(from: Sent['from'], type: string, body = ''): Sent {
  const header = Buffer.alloc(5)
  header.write(type)
  header.writeInt32BE(body.length + 4, 1)
  return { from, type, connection: 1, bytes: Buffer.concat([header, Buffer.from(body)]) }
}

const ready = (status: 'I' | 'T') => message('server', 'Z', status)
const completed = (tag: string) => message('server', 'C', `${tag}\0`)

function simple(sql: string, tag: string, status: 'I' | 'T'): Sent[] {
  return [message('client', 'Q', `${sql}\0`), completed(tag), ready(status)]
}

function extended(sql: string, tag: string, status: 'I' | 'T'): Sent[] {
  return [
    message('client', 'P', `\0${sql}\0\0\0`),
    ...['B', 'D', 'E', 'S'].map((type) => message('client', type)),
    ...['1', '2', 'T', 'D', 'D'].map((type) => message('server', type)),
    completed(tag),
    ready(status),
  ]
}

const seen = (messages: readonly Sent[]) =>
  listMoments(messages).map(({ message, when }) => `${when} ${messages[message - 1]?.type}`)

test('of what changes something, each step of the server and of the client is a moment', () => {
  expect(seen(simple('insert into t', 'INSERT 0 1', 'I'))).toEqual([
    'before Q',
    'after Q',
    'before C',
    'after C',
    'after Z',
  ])
  expect(seen(extended('insert into t', 'INSERT 0 1', 'I'))).toEqual([
    'before P',
    'after D',
    'after E',
    'after S',
    'before 1',
    'after C',
    'after Z',
  ])
})

test('of a question, what the client knows', () => {
  expect(seen(simple('begin', 'BEGIN', 'T'))).toEqual(['after Q', 'after C', 'after Z'])
  expect(seen(extended('select 1', 'SELECT 2', 'I'))).toEqual(['after S', 'after C', 'after Z'])
})

test('a question that moves a sequence changes something', () => {
  expect(seen(simple(`select setval('s', 1)`, 'SELECT 1', 'I'))).toContain('before Q')
})

const count = (...parts: Sent[][]) => oneOfEach(listMoments(parts.flat()), () => 0.5).length

test('the same question asked again is tried once, the same change once in each transaction', () => {
  const question = simple('select 1 from t12', 'SELECT 1', 'T')
  const again = simple('select 1 from t13', 'SELECT 1', 'T')
  const other = simple('select 2 from u', 'SELECT 1', 'T')
  const change = simple('insert into t', 'INSERT 0 1', 'T')
  const commit = simple('commit', 'COMMIT', 'I')
  expect(count(question, again)).toBe(count(question))
  expect(count(question, other)).toBe(2 * count(question))
  expect(count(question, commit, again)).toBe(count(question, commit))
  expect(count(change, change, commit)).toBe(count(change, commit))
  expect(count(change, commit, change)).toBe(count(change, commit) + count(change))
})

test('chance decides which of them', () => {
  const messages = Array.from({ length: 40 }, () => simple('select 1', 'SELECT 1', 'T')).flat()
  const moments = listMoments(messages)
  const first = oneOfEach(moments, () => 0.5)
  expect(first.map(({ message }) => message)).toEqual([1, 2, 3])
  let next = 1
  const last = oneOfEach(moments, () => (next -= 0.001))
  expect(last.map(({ message }) => message)).toEqual([118, 119, 120])
})
