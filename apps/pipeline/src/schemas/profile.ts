import { PROFILE_DEPTHS } from '@techfacts/db'
import { z } from 'zod'
import { OTHER_ID } from './examples.ts'
import { id, shortText } from './fields.ts'

const EXAMPLE = {
  name: 'limits',
  categories: ['rate_limits', 'quotas'],
  prompt_focus: 'Limits of an API and what happens when they are reached',
  depth: 'detailed',
}

export const profileView = z
  .object({
    id: id.describe('What its own routes take.'),
    name: z
      .string()
      .describe(
        'What an extract job takes, and what facts keep as `profile_used`: they outlive the profile.',
      ),
    categories: z.array(z.string().nullable()).describe('A legacy profile may have none here.'),
    prompt_focus: z.string(),
    depth: z.enum(PROFILE_DEPTHS),
    custom_instructions: z.string().nullable(),
    is_builtin: z.boolean().describe('It is read-only.'),
  })
  .meta({
    id: 'Profile',
    examples: [{ ...EXAMPLE, id: OTHER_ID, custom_instructions: null, is_builtin: false }],
  })
export type ProfileView = z.output<typeof profileView>

export const profileParams = z.strictObject({
  profile_id: id.describe('The `id` of the profile; an extract job takes its `name`.'),
})

/** What a custom profile is made of: all of it is part of the prompt. */
export const newProfile = z
  .strictObject({
    name: shortText,
    categories: z.array(shortText).min(1).max(100),
    prompt_focus: z.string().trim().min(1).max(10_000),
    depth: z.enum(PROFILE_DEPTHS),
    custom_instructions: z.string().max(10_000).nullable().default(null),
  })
  .meta({ id: 'NewProfile', examples: [EXAMPLE] })
export type NewProfile = z.output<typeof newProfile>
