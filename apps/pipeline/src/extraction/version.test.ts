import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { splitDocument, textOf } from './documents.ts'
import type { ExtractionRequest } from './extractor.ts'
import { writePrompt } from './model/prompt.ts'
import { readByRules } from './passages.ts'
import { EXTRACTION_VERSION } from './version.ts'

const CORPUS = new URL('../../corpus/', import.meta.url)
const request: Omit<ExtractionRequest, 'content'> = {
  profile: {
    name: 'general',
    categories: ['general'],
    promptFocus: 'limits and prices',
    depth: 'detailed',
    customInstructions: null,
  },
  extractionSchema: {},
  entityTypes: [],
}

/** What this build reads in the corpus, and what it would ask a model. */
async function readCorpus(): Promise<string> {
  const hash = createHash('sha256')
  for (const name of (await readdir(CORPUS)).filter((name) => name.endsWith('.jsonl')).toSorted()) {
    const lines = (await readFile(new URL(name, CORPUS), 'utf8')).trim().split('\n')
    const texts = lines.map((line) => (JSON.parse(line) as { text: string }).text)
    const content = `# ${name}\n\n${texts.join('\n\n')}`
    const passages = splitDocument({ content, limits: { maxTokens: 200, overlapTokens: 20 } })
    for (const passage of passages) {
      const text = textOf(content, passage)
      const room = { facts: 10_000, entities: 50_000 }
      const asked = { ...request, confidenceThreshold: 0, room }
      hash.update(JSON.stringify(await readByRules({ passage, text, request: asked })))
      hash.update(JSON.stringify(writePrompt({ passage, text, request })))
    }
  }
  return hash.digest('hex').slice(0, 16)
}

test('what is read of the same text changes with EXTRACTION_VERSION only: raise it, then note both here', async () => {
  expect({ version: EXTRACTION_VERSION, reads: await readCorpus() }).toEqual({
    version: 2,
    reads: '0bb073641a5cc6fa',
  })
})
