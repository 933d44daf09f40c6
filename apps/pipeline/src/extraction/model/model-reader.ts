import type OpenAI from 'openai'
import { APIConnectionError, APIError } from 'openai'
import { PermanentError } from '../../permanent-error.ts'
import type { Threads } from '../../threads/pool.ts'
import type { PassageRequest } from '../passages.ts'
import { UnreadableError, type Reader, type ReadOptions, type Usage } from '../reader.ts'
import { runReview } from '../run-review.ts'
import { writeAnswerSchema } from './answer-schema.ts'
import { createModelClient, type ModelSettings } from './client.ts'
import { writePrompt } from './prompt.ts'

/** Reads by asking a model. What it answers is checked as what the rules find is, and its quotes besides. */
export function createModelReader(settings: ModelSettings, threads: Threads): Reader {
  const client = createModelClient(settings)
  return {
    name: `model ${settings.name}`,
    async read(asked, options) {
      let usage: Usage = { requests: 0, inputTokens: 0, outputTokens: 0 }
      for (let tries = 0; tries <= settings.maxRetries; tries += 1) {
        const completion = await ask(client, settings.name, asked, options)
        usage = addUsage(usage, completion.usage)
        const answer = contentOf(completion, options.about, usage)
        const read = await runReview(threads, 'readAnswer', { ...asked, answer }, options)
        if ('reading' in read) return { ...read.reading, usage }
      }
      throw new UnreadableError(`${options.about}: the model's answers are not JSON.`, usage)
    },
  }
}

type Completion = OpenAI.Chat.Completions.ChatCompletion

async function ask(
  client: OpenAI,
  model: string,
  asked: PassageRequest,
  { signal, about }: ReadOptions,
): Promise<Completion> {
  const { system, user } = writePrompt(asked)
  const { extractionSchema, entityTypes } = asked.request
  const schema = writeAnswerSchema(extractionSchema, entityTypes)
  try {
    return await client.chat.completions.create(
      {
        model,
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: user },
        ],
        // Not strict: a project's schema may have optional fields, which the strict form does not know.
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'facts', schema, strict: false },
        },
      },
      { signal },
    )
  } catch (error) {
    signal.throwIfAborted()
    throw describeFailure(error, about)
  }
}

/** Says which failures concern the passage, which concern all, and which may pass. Never what the server wrote. */
function describeFailure(error: unknown, about: string): Error {
  if (error instanceof SyntaxError) return new Error('The server of the model answers no JSON.')
  if (error instanceof APIConnectionError) {
    return new Error('The server of the model cannot be reached, or is late.')
  }
  if (!(error instanceof APIError)) return error as Error
  const { status, code } = error
  if (status === 413 || code === 'context_length_exceeded') {
    return new UnreadableError(`${about} is too long for the model.`)
  }
  const message = `The server of the model answers ${status}${code ? ` (${code})` : ''}.`
  const mayPass = status === undefined || status === 408 || status === 409 || status === 429
  return mayPass || status >= 500 ? new Error(message) : new PermanentError(message)
}

/** @throws UnreadableError where the answer broke off, or was refused */
function contentOf(completion: Completion, about: string, usage: Usage): string {
  const [choice] = completion.choices ?? []
  if (choice?.finish_reason === 'length') {
    throw new UnreadableError(`${about}: the model's answer was cut off at its limit.`, usage)
  }
  if (choice?.finish_reason === 'content_filter' || choice?.message.refusal) {
    throw new UnreadableError(`${about}: the model refused to answer.`, usage)
  }
  return choice?.message.content ?? ''
}

function addUsage(sum: Usage, usage: Completion['usage']): Usage {
  return {
    requests: sum.requests + 1,
    inputTokens: sum.inputTokens + (usage?.prompt_tokens ?? 0),
    outputTokens: sum.outputTokens + (usage?.completion_tokens ?? 0),
  }
}
