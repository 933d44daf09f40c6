import { z } from 'zod'

export const LONGEST_PAGE = 200

/** What every list takes. */
export const pageRequest = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(LONGEST_PAGE)
    .default(50)
    .describe('The most items of a page.'),
  after: z.string().max(8000).optional().describe('`next` of the page before.'),
})

/** What every list answers: `next` is null on the last page. */
export function toPage<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() })
}

export type PageRequest = z.output<typeof pageRequest>
export type Page<Item> = { items: Item[]; next: string | null }
