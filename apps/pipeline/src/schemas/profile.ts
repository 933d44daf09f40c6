import { z } from 'zod'
import { id } from './fields.ts'

export const profileView = z.object({
  id,
  name: z.string(),
  categories: z.array(z.string()),
  prompt_focus: z.string(),
  depth: z.string(),
  custom_instructions: z.string().nullable(),
  is_builtin: z.boolean(),
})
export type ProfileView = z.output<typeof profileView>
