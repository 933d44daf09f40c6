import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { json } from 'node:stream/consumers'
import type { AddressInfo } from 'node:net'

export type ModelRequest = {
  readonly model: string
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly response_format: { readonly json_schema: { readonly schema: object } }
}

/** How the server takes one request. */
export type Reply = (response: ServerResponse, request: ModelRequest) => void

/** A server that speaks as OpenAI's does, and answers its requests one after the other as it is told; the last way is for all that follow. */
export async function startModelServer(...replies: Reply[]) {
  const requests: ModelRequest[] = []
  const keys: unknown[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const asked = (await json(request)) as ModelRequest
    keys.push(request.headers.authorization)
    const reply = replies[Math.min(requests.length, replies.length - 1)]
    requests.push(asked)
    reply?.(response, asked)
  }
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    void answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    keys,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const USAGE = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 }

/** Answers with what the model says, as it says it. */
export function say(content: string, finish_reason = 'stop'): Reply {
  const message = { role: 'assistant', content, refusal: null }
  const body = { id: 'x', choices: [{ index: 0, message, finish_reason }], usage: USAGE }
  return (response) => send(response, 200, body)
}

/** Answers with facts. */
export function state(...facts: object[]): Reply {
  return say(JSON.stringify({ facts }))
}

export function fail(status: number, headers: Record<string, string> = {}): Reply {
  return (response) => send(response, status, { error: { message: 'no', code: null } }, headers)
}

/** Begins an answer and breaks off. */
export const breakOff: Reply = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
  response.write('{"id": "x", "choi')
  setTimeout(() => response.destroy(), 20)
}

/** Begins an answer and goes to sleep. */
export const sleep: Reply = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.write('{')
}

function send(response: ServerResponse, status: number, body: object, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
