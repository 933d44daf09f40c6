import { expect, test } from 'vitest'
import { ConfigurationError, readSettings } from './env.ts'

const enough = { DATABASE_URL: 'postgresql://u:secret@h/d', API_KEY: '0123456789abcdef' }

test('needs a database and a key, and has a default for the rest', () => {
  expect(readSettings({ ...enough, PORT: '', UNRELATED: 'x' })).toMatchObject({
    apiKeys: ['0123456789abcdef'],
    port: 8000,
    workerConcurrency: 4,
    jobMaxAttempts: 5,
    chunkLimits: { maxTokens: 5000, overlapTokens: 200 },
    confidenceThreshold: 0.5,
    logLevel: 'info',
  })
})

test('takes several keys', () => {
  const { apiKeys } = readSettings({ ...enough, API_KEY: '0123456789abcdef, fedcba9876543210' })
  expect(apiKeys).toEqual(['0123456789abcdef', 'fedcba9876543210'])
})

test.each([
  ['DATABASE_URL', ''],
  ['DATABASE_URL', 'mysql://u:secret@h/d'],
  ['DATABASE_URL', 'postgresql://u:secret@h'],
  ['DATABASE_URL', 'postgresql://u:secret@h/'],
  ['DATABASE_URL', 'secret'],
  ['API_KEY', ''],
  ['API_KEY', 'secret'],
  ['API_KEY', '0123456789abcdef,'],
  ['PORT', '0'],
  ['PORT', '65536'],
  ['PORT', '80.5'],
  ['PORT', 'http'],
  ['WORKER_CONCURRENCY', '-1'],
  ['JOB_MAX_ATTEMPTS', '0'],
  ['EXTRACTION_CHUNK_MAX_TOKENS', '1e9'],
  ['EXTRACTION_CHUNK_OVERLAP_TOKENS', '2501'],
  ['EXTRACTION_CONFIDENCE_THRESHOLD', '1.1'],
  ['LOG_LEVEL', 'loud'],
])('refuses %s=%s by name, and shows no value', (name, value) => {
  const read = () => readSettings({ ...enough, [name]: value })
  expect(read).toThrow(ConfigurationError)
  expect(read).toThrow(new RegExp(`^${name} [^\\n]+$`))
  expect(read).not.toThrow('secret')
})

test.each([
  ['WORKER_CONCURENCY', '4'],
  ['EXTRACTION_CHUNK_TOKENS', '100'],
  ['RATE_LIMIT_PER_KEYS', '1'],
])('refuses %s, which is nearly a variable of the service', (name, value) => {
  expect(() => readSettings({ ...enough, [name]: value })).toThrow(
    new RegExp(`^${name} is no variable of this service`),
  )
})

test('leaves alone what others set', () => {
  const others = {
    PATH: '/bin',
    WORKER_SERVICE_HOST: '10.0.0.1',
    WORKER_SERVICE_PORT_HTTP: '80',
    WORKER_PORT: 'tcp://10.0.0.1:80',
    WORKER_PORT_80_TCP_ADDR: '10.0.0.1',
    JOB_SERVICE_PORT: '80',
    WORKER_UNSET: '',
  }
  expect(readSettings({ ...enough, ...others })).toEqual(readSettings(enough))
})
