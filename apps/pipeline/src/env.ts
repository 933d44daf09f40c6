import { z } from 'zod'

/**
 * The service's configuration, read once at start. Every name, default and meaning is here.
 * @public docs/configuration.md is generated from it.
 */
export const variables = z.object({
  DATABASE_URL: z
    .string('is missing: set it to postgresql://user:password@host:port/database')
    .refine(isDatabaseUrl, 'is not postgresql://user:password@host:port/database')
    .describe('The database, as a role that may read and write rows and nothing more.'),
  API_KEY: z
    .string('is missing: set it to one key, or to several between commas')
    .transform((keys) => keys.split(',').map((key) => key.trim()))
    .refine((keys) => keys.every((key) => key.length >= 16), 'has a key of less than 16 characters')
    .describe(
      'What clients send as X-API-Key, at least 16 characters; several between commas while keys are changed.',
    ),
  PORT: whole(1, 65_535).default(8000).describe('Where HTTP is served, on every address.'),
  RATE_LIMIT_PER_KEY: whole(0, 10_000_000)
    .default(30_000)
    .describe('Requests of one key that a process answers in a minute; 0 for any number.'),
  RATE_LIMIT_PER_ADDRESS: whole(0, 10_000_000)
    .default(600)
    .describe(
      'The same for one address without a key that is right; health and metrics are not counted.',
    ),
  WORKER_CONCURRENCY: whole(0, 64)
    .default(4)
    .describe('Jobs that this process works on at once; 0 for a process that serves HTTP only.'),
  JOB_MAX_ATTEMPTS: whole(1, 100).default(5).describe('Attempts after which a job is dead.'),
  EXTRACTION_CHUNK_MAX_TOKENS: whole(50, 100_000)
    .default(5000)
    .describe('The longest chunk, in tokens of about four bytes.'),
  EXTRACTION_CHUNK_OVERLAP_TOKENS: whole(0, 50_000)
    .default(200)
    .describe('How much of it repeats the end of the chunk before; at most half.'),
  EXTRACTION_CONFIDENCE_THRESHOLD: z.coerce
    .number('is not a number')
    .min(0, 'is below 0')
    .max(1, 'is above 1')
    .default(0.5)
    .describe('Facts that are less certain are not stored.'),
  SCRAPE_TIMEOUT: whole(1, 600)
    .default(60)
    .describe('Seconds in which a document that is fetched must be there.'),
  SCRAPE_DELAY_MIN: whole(0, 3600)
    .default(2)
    .describe('The shortest time between two requests to a domain, in seconds.'),
  SCRAPE_DELAY_MAX: whole(0, 3600)
    .default(5)
    .describe('The longest; each is drawn from between the two.'),
  SCRAPE_DAILY_LIMIT_PER_DOMAIN: whole(0, 1_000_000)
    .default(500)
    .describe('Requests to a domain on one day, in UTC; what is more waits for the next day.'),
  OPENAI_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'is no http or https address' })
    .optional()
    .describe(
      'The API of an OpenAI-compatible server that extracts in place of the built-in rules; that of OpenAI where only the key is set.',
    ),
  OPENAI_API_KEY: z.string().optional().describe('Its key; a server of your own may need none.'),
  LLM_MODEL: z.string().optional().describe('The model to ask; required with either of them.'),
  LLM_HTTP_TIMEOUT: whole(1, 3600)
    .default(120)
    .describe('Seconds after which an answer of the model is late, and asked for again.'),
  LLM_MAX_RETRIES: whole(0, 20)
    .default(3)
    .describe('How often an answer that failed, is late or cannot be read is asked for again.'),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'is none of fatal, error, warn, info, debug, trace, silent',
    )
    .default('info')
    .describe('The least severe lines to log.'),
})

const settings = variables
  .refine((read) => read.EXTRACTION_CHUNK_OVERLAP_TOKENS * 2 <= read.EXTRACTION_CHUNK_MAX_TOKENS, {
    path: ['EXTRACTION_CHUNK_OVERLAP_TOKENS'],
    error: 'is more than half of EXTRACTION_CHUNK_MAX_TOKENS',
  })
  .refine((read) => read.SCRAPE_DELAY_MIN <= read.SCRAPE_DELAY_MAX, {
    path: ['SCRAPE_DELAY_MIN'],
    error: 'is more than SCRAPE_DELAY_MAX',
  })
  .refine((read) => !asksModel(read) || read.LLM_MODEL !== undefined, {
    path: ['LLM_MODEL'],
    error: 'is missing: OPENAI_BASE_URL or OPENAI_API_KEY is set',
  })
  .transform((read) => ({
    databaseUrl: read.DATABASE_URL,
    apiKeys: read.API_KEY,
    rateLimits: { perKey: read.RATE_LIMIT_PER_KEY, perAddress: read.RATE_LIMIT_PER_ADDRESS },
    port: read.PORT,
    workerConcurrency: read.WORKER_CONCURRENCY,
    jobMaxAttempts: read.JOB_MAX_ATTEMPTS,
    chunkLimits: {
      maxTokens: read.EXTRACTION_CHUNK_MAX_TOKENS,
      overlapTokens: read.EXTRACTION_CHUNK_OVERLAP_TOKENS,
    },
    confidenceThreshold: read.EXTRACTION_CONFIDENCE_THRESHOLD,
    fetchLimits: {
      timeoutSeconds: read.SCRAPE_TIMEOUT,
      delaySeconds: { min: read.SCRAPE_DELAY_MIN, max: read.SCRAPE_DELAY_MAX },
      perDay: read.SCRAPE_DAILY_LIMIT_PER_DOMAIN,
    },
    /** The model that extracts; without one the rules do. */
    model: asksModel(read) && {
      baseUrl: read.OPENAI_BASE_URL ?? 'https://api.openai.com/v1',
      apiKey: read.OPENAI_API_KEY,
      name: read.LLM_MODEL ?? '',
      timeoutSeconds: read.LLM_HTTP_TIMEOUT,
      maxRetries: read.LLM_MAX_RETRIES,
    },
    logLevel: read.LOG_LEVEL,
  }))

export type Settings = Readonly<z.output<typeof settings>>

/**
 * Reads the environment; an empty variable counts as not set.
 *
 * @throws {@link ConfigurationError} that names every bad variable, and no value.
 */
export function readSettings(environment: NodeJS.ProcessEnv = process.env): Settings {
  const set = Object.entries(environment).filter(([, value]) => value !== '')
  const read = settings.safeParse(Object.fromEntries(set))
  const unknown = set.map(([name]) => name).filter(isUnknown)
  if (read.success && unknown.length === 0) return read.data
  throw new ConfigurationError([
    ...unknown.map(
      (name) => `${name} is no variable of this service; docs/configuration.md lists them`,
    ),
    ...(read.error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`),
  ])
}

/**
 * A container's environment has names of many others. What begins like a name of ours and is none is a mistake,
 * unless Kubernetes has made it for a service of another name, like WORKER_SERVICE_HOST.
 */
function isUnknown(name: string): boolean {
  return OWN_FAMILY.test(name) && !(name in variables.shape) && !KUBERNETES.test(name)
}

const OWN_FAMILY = /^(?:EXTRACTION|JOB|LLM|OPENAI|RATE_LIMIT|SCRAPE|WORKER)_/
const KUBERNETES = /_SERVICE_(?:HOST|PORT)|_PORT$|_PORT_\d+_(?:TCP|UDP)/

/** The environment is not one that the service can start in. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

function asksModel(read: z.output<typeof variables>): boolean {
  return read.OPENAI_BASE_URL !== undefined || read.OPENAI_API_KEY !== undefined
}

function whole(least: number, most: number) {
  const range = `is not a whole number from ${least} to ${most}`
  return z.coerce.number(range).int(range).min(least, range).max(most, range)
}

function isDatabaseUrl(url: string): boolean {
  const { protocol, hostname, pathname } = URL.parse(url) ?? {}
  return (
    /^postgres(?:ql)?:$/.test(protocol ?? '') &&
    Boolean(hostname) &&
    pathname !== '/' &&
    Boolean(pathname)
  )
}
