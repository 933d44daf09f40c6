import { readHtml } from './html.ts'
import { readPdf } from './pdf.ts'
import { toStorable, type TextDocument } from './text-document.ts'

/** A document as a server sends it. */
export type RawDocument = { readonly contentType: string; readonly bytes: Uint8Array }

/** The kinds of documents that can be read, by their media type. */
const READERS: Readonly<
  Record<string, (document: RawDocument) => TextDocument | Promise<TextDocument>>
> = {
  'text/html': (document) => readHtml(decode(document)),
  'application/xhtml+xml': (document) => readHtml(decode(document)),
  'text/markdown': readText,
  'text/plain': readText,
  'application/pdf': ({ bytes }) => readPdf(bytes),
}

export function isReadable(contentType: string): boolean {
  return mediaTypeOf(contentType) in READERS
}

/** Why there is no text: returned and not thrown, since errors that leave a thread lose their class. */
export type Refusal = { readonly refusal: string }

/** A document as text. Pure, and run in a thread, since its input is foreign. */
export async function readDocument(document: RawDocument): Promise<TextDocument | Refusal> {
  const type = mediaTypeOf(document.contentType)
  try {
    return (await READERS[type]?.(document)) ?? { refusal: `The type ${type} is not read.` }
  } catch (error) {
    if (error instanceof RangeError)
      return { refusal: 'The document is nested too deeply to be read.' }
    return { refusal: `The document cannot be read as ${type}: ${String(error)}.` }
  }
}

export function mediaTypeOf(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase()
}

function readText(document: RawDocument): TextDocument {
  return { title: undefined, text: toStorable(decode(document)) }
}

/** In the charset that the server says, or the page itself, or UTF-8. */
function decode({ contentType, bytes }: RawDocument): string {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 1024))
  const said = /charset\s{0,9}=\s{0,9}["']?([\w-]{1,40})/i
  const label = said.exec(contentType)?.[1] ?? said.exec(start)?.[1] ?? 'utf-8'
  return decoderOf(label).decode(bytes)
}

function decoderOf(label: string) {
  try {
    return new TextDecoder(label)
  } catch {
    return new TextDecoder()
  }
}
