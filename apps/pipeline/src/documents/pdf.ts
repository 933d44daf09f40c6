import { extractText, getDocumentProxy, getMeta } from 'unpdf'
import { toStorable, type TextDocument } from './text-document.ts'

/** The text of a PDF, its pages between empty lines. @throws where it is none, or is encrypted */
export async function readPdf(bytes: Uint8Array): Promise<TextDocument> {
  const document = await getDocumentProxy(bytes)
  try {
    const { text } = await extractText(document, { mergePages: false })
    const { info } = await getMeta(document)
    const title = (info as { Title?: unknown }).Title
    return {
      title:
        typeof title === 'string' && title.trim() !== '' ? toStorable(title.trim()) : undefined,
      text: toStorable(text.join('\n\n')).trim(),
    }
  } finally {
    await document.cleanup()
  }
}
