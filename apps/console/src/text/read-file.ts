import { Refusal } from '../api/refusal.ts'
import { sayCount } from './words.ts'

/** What the API takes of a source. */
const MOST_BYTES = 8_000_000

/** The text of a file that an operator has chosen, who may choose any. */
export async function readTextFile(file: File): Promise<string> {
  if (file.size > MOST_BYTES) {
    const sizes = `${sayCount(file.size)} bytes, and a document at most ${sayCount(MOST_BYTES)}`
    throw new Refusal(`${file.name} has ${sizes}. Add it in parts.`, 'file_too_large')
  }
  const bytes = await file.arrayBuffer()
  const text = decode(bytes)
  if (text === undefined || text.includes('\0')) {
    const way = 'A PDF or a web page is fetched by its URL; of others, paste the text.'
    throw new Refusal(`${file.name} is not a text in UTF-8. ${way}`, 'file_is_no_text')
  }
  return text
}

function decode(bytes: ArrayBuffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
