/** What is kept of a document: its text as markdown, and its own title where it has one. */
export type TextDocument = { readonly title: string | undefined; readonly text: string }

/** The text as PostgreSQL can store it: without U+0000 and half surrogate pairs. */
export function toStorable(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed()
}
