import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { PermanentError } from '../permanent-error.ts'
import { openInternet } from '../testing/internet.ts'
import { fetchDocument } from './fetch-document.ts'
import { RefusedAddressError } from './targets.ts'

let answer: RequestListener = (_, response) => response.end()
let requests: string[] = []
const internet = await openInternet((request, response) => {
  requests.push(`${request.headers.host}${request.url}`)
  answer(request, response)
})
afterAll(() => internet.close())
beforeEach(() => {
  requests = []
  internet.answers.length = 0
  internet.asked.length = 0
})

const turns: string[] = []
const fetchIt = (url: string, timeoutMilliseconds = 5000) =>
  fetchDocument(
    { url, redirects: 0 },
    {
      dispatcher: internet.dispatcher,
      signal: AbortSignal.timeout(20_000),
      timeoutMilliseconds,
      beforeRequest: async ({ hostname }) => void turns.push(hostname),
    },
  )

const redirect =
  (location: string): RequestListener =>
  (_, response) =>
    response.writeHead(302, { location }).end()
const send =
  (body: string | Buffer, headers: Record<string, string> = {}, status = 200): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body)

test('a document is fetched, also through redirects, each after its turn', async () => {
  answer = (request, response) =>
    request.url === '/old'
      ? redirect('http://other.test/new#part')(request, response)
      : send('Costs $5.', { 'content-type': 'text/markdown; charset=utf-8' })(request, response)
  turns.length = 0
  const { url, bytes, contentType } = await fetchIt('http://docs.test/old')
  expect({ url, text: Buffer.from(bytes).toString(), contentType }).toEqual({
    url: 'http://other.test/new',
    text: 'Costs $5.',
    contentType: 'text/markdown; charset=utf-8',
  })
  expect(turns).toEqual(['docs.test', 'other.test'])
  expect(requests).toEqual(['docs.test/old', 'other.test/new'])
})

test.each([
  ['http://docs.test/', 'docs.test'],
  ['http://docs.test./', 'docs.test'],
  ['HTTP://DOCS.Test/', 'docs.test'],
  ['http://docs.test:80/', 'docs.test'],
  ['http://docs.test:443/', 'docs.test'],
  ['http://d%6Fcs.test/', 'docs.test'],
  ['http://docs。test。/', 'docs.test'],
  ['http://Bücher.test/', 'xn--bcher-kva.test'],
  ['http://XN--BCHER-KVA.test.:80/', 'xn--bcher-kva.test'],
])('%s takes the turns of %s, also as a redirect', async (url, domain) => {
  const location = encodeURI(url).replaceAll('%25', '%') // a header is ASCII
  answer = (request, response) =>
    (request.url === '/old' ? redirect(location) : send('Costs $5.'))(request, response)
  turns.length = 0
  await fetchIt(url)
  await fetchIt('http://other.test/old')
  expect(turns).toEqual([domain, 'other.test', domain])
})

const PRIVATE = [
  'http://127.0.0.2/',
  'http://2130706434/',
  'http://0x7f000002/',
  'http://0177.0.0.2/',
  'http://127.2/',
  'http://10.0.0.1/',
  'http://169.254.169.254/latest/meta-data',
  'http://0/',

  'http://[::1]/',
  'http://[::ffff:10.0.0.1]/',
  'http://[64:ff9b::a00:1]/',
  'http://[fe80::1]/',
  'http://192.168.1.1:80/',
  'http://127.0.0x2/',
  'https://100.64.0.1/',
]
const UNFIT = [
  'ftp://docs.test/',
  'file:///etc/passwd',
  'http://user:secret@docs.test/',
  'http://docs.test:22/',
  'http://docs.test:8080/',
  'gopher://docs.test/',
  'http://',
]

test.each([...PRIVATE, ...UNFIT])('%s is refused, also as a redirect', async (url) => {
  await expect(fetchIt(url)).rejects.toBeInstanceOf(RefusedAddressError)
  expect(requests).toEqual([])
  answer = redirect(url)
  await expect(fetchIt('http://docs.test/')).rejects.toBeInstanceOf(RefusedAddressError)
  expect(requests).toEqual(['docs.test/'])
})

test('a name is refused where one of its addresses is private', async () => {
  internet.answers.push(['8.8.8.8', '10.0.0.1'])
  await expect(fetchIt('http://mixed.test/')).rejects.toThrow('nothing is fetched from')
  expect(requests).toEqual([])
})

test('a name that changes its answer is connected to where it was checked, or not at all', async () => {
  answer = send('from the first address')
  // The second answer would be the one that an HTTP client looks up for itself.
  internet.answers.push(['127.0.0.1'], ['10.0.0.1'], ['10.0.0.1'])
  await fetchIt('http://rebound.test/')
  expect(internet.asked).toEqual(['rebound.test'])
  answer = redirect('http://rebound2.test/private')
  internet.answers.splice(0, 2, ['127.0.0.1'], ['10.0.0.1'])
  await expect(fetchIt('http://rebound1.test/')).rejects.toBeInstanceOf(RefusedAddressError)
  expect(requests).toEqual(['rebound.test/', 'rebound1.test/'])
})

test('there is an end to redirects', async () => {
  answer = redirect('/again')
  await expect(fetchIt('http://docs.test/')).rejects.toThrow('more than 5 redirects')
  expect(requests.length).toBe(6)
})

test('a document is cut off at its cap, also where it is small until it is decompressed', async () => {
  answer = send(Buffer.alloc(11 * 1024 * 1024))
  await expect(fetchIt('http://docs.test/')).rejects.toBeInstanceOf(PermanentError)
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024))
  expect(bomb.byteLength).toBeLessThan(60_000)
  answer = send(bomb, { 'content-encoding': 'gzip' })
  await expect(fetchIt('http://docs.test/')).rejects.toThrow('more than')
})

test.each([
  [404, true],
  [410, true],
  [403, true],
  [429, false],
  [500, false],
  [503, false],
])('the answer %i is permanent: %s', async (status, isPermanent) => {
  answer = send('no', {}, status)
  const error = await fetchIt('http://docs.test/').catch((error: unknown) => error)
  expect(error).toMatchObject({ message: `docs.test answered ${status}.` })
  expect(error instanceof PermanentError).toBe(isPermanent)
})

test.each(['image/png', 'application/zip', ''])('the type "%s" is permanent', async (type) => {
  answer = send('x', { 'content-type': type })
  await expect(fetchIt('http://docs.test/')).rejects.toBeInstanceOf(PermanentError)
})

test('a server that says nothing, stops in the middle, or is away can be tried again', async () => {
  answer = () => undefined
  const failures = [await fetchIt('http://docs.test/', 50).catch((error: unknown) => error)]
  answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '100' }).write('x')
    response.destroy()
  }
  failures.push(await fetchIt('http://docs.test/').catch((error: unknown) => error))
  internet.answers.push([])
  failures.push(await fetchIt('http://nowhere.test/').catch((error: unknown) => error))
  for (const failure of failures) {
    expect(failure).toBeInstanceOf(Error)
    expect(failure).not.toBeInstanceOf(PermanentError)
  }
})
