/** What is said of a key that is none: the console sends the header, so the operator need not know of one. */
export const NO_KEY =
  'This is no key of the service. It takes what it was started with as API_KEY; on your own machine pnpm start prints it.'

/** The service has refused a request, or there was no answer: a sentence for the operator. */
export class Refusal extends Error {
  readonly code: string
  readonly requestId: string | undefined

  constructor(sentence: string, code: string, requestId?: string) {
    super(sentence)
    this.code = code
    this.requestId = requestId
  }

  /** Whether the same request may succeed later without anything done here. */
  get isPassing(): boolean {
    return this.code === 'no_answer' || this.code.startsWith('database_')
  }
}

/** Reads the problem details (RFC 9457) of an answer that is not a success. */
export async function readRefusal(response: Response): Promise<Refusal> {
  const text = await response.text()
  const problem = parse(text)
  if (!problem) {
    return new Refusal(`The service answered with status ${response.status}.`, 'no_problem')
  }
  const { detail, title, code = 'unknown', errors = [], request_id: requestId } = problem
  if (code === 'unauthorized') return new Refusal(NO_KEY, code)
  const fields = errors.map(({ path, message }) => `${nameOf(path)} ${message}`)
  const sentence = fields.length > 0 ? fields.join('; ') : (detail ?? title ?? 'It failed.')
  return new Refusal(toSentence(sentence), code, requestId)
}

/** What to show of anything that was thrown. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof TypeError) {
    return new Refusal('The service does not answer. Is it running?', 'no_answer')
  }
  return new Refusal(toSentence(String(error)), 'unknown')
}

type Problem = {
  readonly title?: string
  readonly detail?: string
  readonly code?: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
  readonly request_id?: string
}

function parse(text: string): Problem | undefined {
  try {
    const problem: unknown = JSON.parse(text)
    return typeof problem === 'object' && problem !== null ? problem : undefined
  } catch {
    return undefined
  }
}

/** `body/source_group` is "source group" for a person. */
function nameOf(path: string): string {
  return path
    .replace(/^(?:body|querystring|params)\/?/, '')
    .replaceAll('_', ' ')
    .replaceAll('/', ', ')
    .replace(/^ur[il]$/, (name) => name.toUpperCase())
}

function toSentence(text: string): string {
  const trimmed = text.trim().replace(/\.$/, '')
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}.`
}
